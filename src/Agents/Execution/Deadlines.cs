using System.Globalization;
using Apex.Agents.Tools;

namespace Apex.Agents.Execution;

/// <summary>Names the limit of time that ended something, its length and the setting that changes it.</summary>
internal static class Deadlines
{
    public static string OfStep(RunContext run) => string.Create(
        CultureInfo.InvariantCulture,
        $"the time for this step was over: of the {(run.Deadline - run.StartedAt).TotalSeconds:0.##} s of its run (Tiers:{run.Tier}:RunDeadline) the last are kept for the report (Agents:ReportingReserve).");

    public static string OfTool(string name, ToolDescription tool) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name} did not answer within its limit of {tool.Timeout.TotalSeconds:0.##} s for a call ({tool.TimeoutSetting ?? "Timeout of the tool"}).");
}
