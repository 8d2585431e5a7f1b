using Apex.Protocol.Reports;

namespace Apex.Agents.Reports;

/// <summary>The answer when reporting itself failed. It holds no figure and needs nothing that could fail.</summary>
internal static class EmergencyReport
{
    public static Report Of(string question, IReadOnlyList<string> failures)
    {
        var reasons = failures.Count == 0
            ? ""
            : "\n## What went wrong\n\n" + string.Concat(failures.Select(one => $"- {one}\n"));
        var asked = question.Length <= 200 ? question : question[..199] + "…";
        return new Report
        {
            Kind = ReportKind.Emergency,
            Title = "No answer could be written",
            Markdown = "**The question could not be answered this time: the report itself failed.** "
                + "Nothing was changed in your data.\n"
                + reasons
                + "\n## What you can do\n\n- Ask again; a passing fault may be over.\n"
                + "- Ask for a part of it, for instance \"what did we spend per model?\".\n"
                + "- Tell the operator of this server; its log holds the cause.\n",
            FollowUps = [asked, "What did we spend per model?"],
            Planner = Planning.DeterministicPlanner.PlannerName,
        };
    }
}
