namespace Apex.Agents.Subagents;

/// <summary>Names of the built-in sub-agents, as users see them. An added sub-agent of the same name takes the place of ours.</summary>
public static class SubagentNames
{
    public const string Triage = "triage";
    public const string Data = "data";
    public const string DataHelper = "data_helper";
    public const string Optimization = "optimization";
    public const string Actions = "actions";
    public const string Conversation = "conversation";
    public const string Reporting = "reporting";

    internal static IReadOnlyList<string> BuiltIn { get; } = [Triage, Data, DataHelper, Optimization, Actions, Conversation, Reporting];
}
