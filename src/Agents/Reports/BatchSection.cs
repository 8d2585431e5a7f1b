using Apex.Agents.Figures;

namespace Apex.Agents.Reports;

/// <summary>Which calls can wait: what is marked so, and what only looks so.</summary>
internal static class BatchSection
{
    private const string Tool = "batchable_share";

    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (scene.Find(Tool) is not { } found)
            return [];
        return [Certain(scene.Writer, found), .. Likely(scene.Writer, found)];
    }

    private static Prose Certain(ReportWriter write, Envelope found) => found.Number("/result/certain/requests") is > 0
        ? $"{Calls(write, found, "certain")} ({write.Share(found, "/result/certain/cost_share")} of the cost) are marked as able to wait; as batch jobs they would have cost {write.Dollars(found, "/result/certain/saving_usd")} less."
        : (Prose)$"No call says that it can wait: none is marked so, and none has a deadline of a day or more.";

    private static IReadOnlyList<Prose> Likely(ReportWriter write, Envelope found)
    {
        if (found.Number("/result/likely/requests") is > 0)
            return [$"{Calls(write, found, "likely")} look like scheduled or bulk work of programs; as batch jobs they would have cost {write.Dollars(found, "/result/likely/saving_usd")} less, if their owners say that they may wait."];
        return found.Number("/result/certain/requests") is > 0 ? [] : [$"Nor does any look like scheduled or bulk work of a program."];
    }

    private static Inline Calls(ReportWriter write, Envelope found, string part) => Cells.Counted(
        write.Count(found, $"/result/{part}/requests", "requests"), found.Number($"/result/{part}/requests"), "call", "calls");
}
