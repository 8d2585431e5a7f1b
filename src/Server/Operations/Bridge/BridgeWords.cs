using Apex.Protocol.Http;

namespace Apex.Server.Operations.Bridge;

/// <summary>What users and operators are told of the bridge.</summary>
internal static class BridgeWords
{
    /// <summary>What it means for them, without a time: that goes beside it.</summary>
    public static string ForUsers(BridgePart trouble) => trouble.Name == BridgeProbe.Store
        ? $"Nothing can be stored at the moment: {trouble.LastError} New messages are refused; what is at work waits, and nothing is lost."
        : "What the agents do is shown later than usual at the moment. Nothing is lost.";

    public static string OverForUsers(BridgeIncident over) => over.Part == BridgeProbe.Store
        ? "Messages are taken again; what waited goes on."
        : "What the agents do is shown at once again.";

    public static string ForOperators(BridgePart trouble, BridgeCondition condition, BridgeOptions options)
    {
        var what = $"The way from runs to devices fails at {trouble.Name}: {trouble.LastError} ({condition.Failures} probes in a row)";
        return condition.State == BridgeState.Failed
            ? $"{what}. {options.RecoveryAttempts} attempts to recover have failed; it is looked at every {options.LongestPause.TotalSeconds:0.##} s "
              + "and comes back by itself when the cause ends."
            : $"{what}. Recovery begins.";
    }

    public static string OverForOperators(BridgeIncident over) =>
        $"The way from runs to devices works again; {over.Part} failed from {over.Began:u} to {over.Ended:u}: {over.Reason}";

    /// <summary>One line for <c>/health</c>.</summary>
    public static string ForHealth(BridgeView view)
    {
        var failing = view.Parts.Where(static part => part.Works == false).Select(static part => $"{part.Name}: {part.LastError}").ToArray();
        var state = view.State.ToString().ToLowerInvariant();
        return failing.Length == 0 ? $"The bridge is {state}." : $"The bridge is {state}. {string.Join(" ", failing)}";
    }
}
