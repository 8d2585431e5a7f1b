namespace Apex.Protocol.Order;

/// <summary>Why an event cannot stand where it would stand in its run.</summary>
/// <param name="Message">Names the event, the rule and the id concerned; safe to show.</param>
public sealed record OrderFault(OrderRule Rule, string Message);

/// <summary>The rules of order that every run keeps.</summary>
public enum OrderRule
{
    /// <summary><c>run_seq</c> is 1, 2, 3 … without a gap.</summary>
    DenseRunSeq,

    /// <summary>Only events of a run are part of one.</summary>
    RunEventsOnly,

    /// <summary><c>agent_started</c> comes first.</summary>
    StartFirst,

    /// <summary><c>agent_started</c> comes once.</summary>
    StartOnce,

    /// <summary>Nothing follows the terminal event.</summary>
    TerminalLast,

    /// <summary>A sub-agent starts once, under a parent that is at work.</summary>
    SubagentStartOnce,

    /// <summary>A sub-agent's events lie between its start and its end.</summary>
    InsideSubagent,

    /// <summary>Each tool call begins once.</summary>
    ToolStartOnce,

    /// <summary>Each <c>tool_executing</c> has exactly one <c>tool_completed</c> of the same id and name.</summary>
    ToolEndOnce,

    /// <summary>What is asked is asked once and decided at most once.</summary>
    DecidedOnce,

    /// <summary>While a run is paused nothing of it is at work; <c>run_resumed</c> ends a pause.</summary>
    PausedIsQuiet,

    /// <summary>Whoever ends in order leaves no tool call and no sub-agent open.</summary>
    NothingLeftOpen,
}
