using System.Text.Json.Serialization;
using Apex.Protocol.Errors;

namespace Apex.Protocol.Order;

/// <summary>One fault in a recorded run.</summary>
/// <param name="Place">Of the event in the record, from 1; null when the fault is the run's as a whole.</param>
/// <param name="Message">Names the event, the value and what was due.</param>
public sealed record RunFault(RunFaultKind Kind, ErrorSeverity Severity, int? Place, string Message);

[JsonConverter(typeof(SnakeCaseEnumConverter<RunFaultKind>))]
public enum RunFaultKind
{
    /// <summary>The JSON is no event of this protocol.</summary>
    Unreadable,

    /// <summary>A field that every event of its type has is missing or null.</summary>
    MissingField,

    /// <summary>A rule of <see cref="OrderRule"/> is broken.</summary>
    Order,

    /// <summary>The run has no start, no end, or nothing at all.</summary>
    Incomplete,

    /// <summary>An id is not what it must be: of another run, of another number, or a second time.</summary>
    Identity,

    /// <summary>Nothing was heard for longer than <see cref="RunChecker.MaxGap"/>.</summary>
    Gap,

    /// <summary>A tool took longer than <see cref="RunChecker.MaxToolTime"/>.</summary>
    SlowTool,

    /// <summary>The run took longer than <see cref="RunChecker.MaxTotal"/>.</summary>
    SlowRun,

    /// <summary>A time lies before the one of the event before it, or further from the checker's clock than allowed.</summary>
    Clock,
}
