using System.Net;

namespace Apex.Agents.Tools;

/// <summary>A call could not be done. The message is safe to show.</summary>
public sealed class ToolFailedException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why. Default: for a reason of the tool's own, which trying again does not change.</summary>
    public ToolFault Fault { get; init; }

    /// <summary>How long what failed asks to be left alone; null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The same call may go better a moment later.</summary>
    public bool MayPass => Fault is ToolFault.Unreachable or ToolFault.Busy;

    /// <summary>What an answer over HTTP that is no success tells.</summary>
    public static ToolFault FaultOf(HttpStatusCode status) => (int)status switch
    {
        401 or 407 => ToolFault.Unauthorized,
        403 => ToolFault.Forbidden,
        404 or 410 => ToolFault.NotFound,
        408 or 425 or 429 or >= 500 => ToolFault.Busy,
        >= 400 => ToolFault.Invalid,
        _ => ToolFault.Other,
    };

    /// <summary>Of what a tool threw that nobody translated; null when it tells nothing of what is outside.</summary>
    internal static ToolFault? FaultOf(Exception thrown) => thrown switch
    {
        ToolFailedException failed => failed.Fault,
        HttpRequestException { StatusCode: { } status } => FaultOf(status),
        HttpRequestException or System.Net.Sockets.SocketException or TimeoutException => ToolFault.Unreachable,
        _ => null,
    };
}

/// <summary>Why a call could not be done. Only what may pass is tried again.</summary>
public enum ToolFault
{
    Other,

    /// <summary>May pass: what the tool needs could not be reached, or the connection broke.</summary>
    Unreachable,

    /// <summary>May pass: what the tool needs is overloaded, locked or limits how often it may be asked.</summary>
    Busy,
    Unauthorized,
    Forbidden,
    Invalid,
    NotFound,
}
