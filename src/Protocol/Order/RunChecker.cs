using System.Text.Json;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;

namespace Apex.Protocol.Order;

/// <summary>Reads a recorded run and reports every fault in it, not only the first.</summary>
public sealed class RunChecker
{
    public static readonly TimeSpan MaxGap = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan MaxToolTime = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan MaxTotal = TimeSpan.FromSeconds(300);
    public static readonly TimeSpan MaxClockError = TimeSpan.FromHours(1);

    private readonly DateTimeOffset _now;
    private readonly List<RunFault> _faults = [];
    private readonly RunOrder _order = new();
    private readonly HashSet<string> _eventIds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _toolStarts = new(StringComparer.Ordinal);
    private RunId? _run;
    private long _runSeq;
    private int _place;
    private DateTimeOffset? _first;
    private DateTimeOffset? _last;
    private DateTimeOffset? _pausedAt;
    private TimeSpan _paused;

    private RunChecker(DateTimeOffset now) => _now = now;

    /// <param name="events">In the order of the record; events of no run among them are passed over.</param>
    /// <param name="now">The checker's clock: no recorded time may lie more than <see cref="MaxClockError"/> ahead of it.</param>
    /// <returns>In the order of the record; empty for a run without a fault.</returns>
    public static IReadOnlyList<RunFault> Check(IEnumerable<ApexEvent> events, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(events);
        var checker = new RunChecker(now);
        foreach (var apexEvent in events)
        {
            checker._place++;
            checker.Take(apexEvent);
        }

        return checker.Finish();
    }

    /// <summary>The same for events as they went over the wire: here missing fields are seen too.</summary>
    /// <inheritdoc cref="Check(IEnumerable{ApexEvent}, DateTimeOffset)"/>
    public static IReadOnlyList<RunFault> Check(IEnumerable<JsonElement> events, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(events);
        var checker = new RunChecker(now);
        foreach (var json in events)
        {
            checker._place++;
            checker.Take(json);
        }

        return checker.Finish();
    }

    private void Take(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            Report(RunFaultKind.Unreadable, ErrorSeverity.Critical, $"The record holds a {json.ValueKind} where an event was due.");
            return;
        }

        foreach (var field in RequiredFields.MissingIn(json))
            Report(RunFaultKind.MissingField, ErrorSeverity.High, $"The field {field} is missing.");
        try
        {
            Take(json.Deserialize(ApexJson.Default.ApexEvent)!); // An object is never read as null.
        }
        catch (Exception unreadable) when (unreadable is JsonException or NotSupportedException)
        {
            Report(RunFaultKind.Unreadable, ErrorSeverity.Critical, $"The event cannot be read: {unreadable.Message}");
        }
    }

    private void Take(ApexEvent apexEvent)
    {
        if (!RunOrder.IsRunEvent(apexEvent))
            return;
        CheckIdentity(apexEvent);
        CheckNumber(apexEvent);
        // The number was judged above, so that one lost event is one fault and not one for every event after it.
        if (_order.Accept(apexEvent with { RunSeq = null }) is { } fault)
            Report(RunFaultKind.Order, ErrorSeverity.Critical, $"{fault.Rule}: {fault.Message}");
        CheckClock(apexEvent.Timestamp);
        CheckDurations(apexEvent);
        _last = apexEvent.Timestamp;
    }

    private void CheckIdentity(ApexEvent apexEvent)
    {
        _run ??= apexEvent.RunId;
        if (apexEvent.RunId != _run)
            Report(RunFaultKind.Identity, ErrorSeverity.Critical, $"The event is of run {apexEvent.RunId}, the record of run {_run}.");
        if (apexEvent.EventId.Length > 0 && !_eventIds.Add(apexEvent.EventId))
            Report(RunFaultKind.Identity, ErrorSeverity.Critical, $"The event_id {apexEvent.EventId} comes a second time.");
        if (apexEvent.RunSeq is { } runSeq && apexEvent.EventId != $"{apexEvent.RunId}:{runSeq}")
            Report(RunFaultKind.Identity, ErrorSeverity.High, $"The event_id is {apexEvent.EventId} where {apexEvent.RunId}:{runSeq} was due.");
    }

    private void CheckNumber(ApexEvent apexEvent)
    {
        if (apexEvent.RunSeq is not { } runSeq)
            return;
        if (runSeq != _runSeq + 1)
            Report(RunFaultKind.Order, ErrorSeverity.Critical, $"{OrderRule.DenseRunSeq}: run_seq is {runSeq} where {_runSeq + 1} was due.");
        _runSeq = runSeq;
    }

    private void CheckClock(DateTimeOffset at)
    {
        if (at - _now > MaxClockError)
            Report(RunFaultKind.Clock, ErrorSeverity.High, $"The time {at:O} lies more than {MaxClockError.TotalHours:0} h ahead.");
        if (_last is { } last && at < last)
        {
            var severity = last - at > MaxClockError ? ErrorSeverity.High : ErrorSeverity.Medium;
            Report(RunFaultKind.Clock, severity, $"The time {at:O} lies before the one of the event before it, {last:O}.");
        }
    }

    /// <summary>A run that waits for somebody is not slow: the time it was paused counts for nothing.</summary>
    private void CheckDurations(ApexEvent apexEvent)
    {
        var at = apexEvent.Timestamp;
        if (_pausedAt is null && _last is { } previous && at - previous > MaxGap)
            Report(RunFaultKind.Gap, ErrorSeverity.High, $"Nothing was heard for {(at - previous).TotalSeconds:0.0} s; at most {MaxGap.TotalSeconds:0} s are allowed.");
        _first ??= at;
        if (apexEvent is RunPaused)
            _pausedAt = at;
        else if (_pausedAt is { } since && apexEvent is not ApprovalDecided)
        {
            _paused += at - since;
            _pausedAt = null;
        }

        CheckToolTime(apexEvent, at - _paused);
    }

    private void CheckToolTime(ApexEvent apexEvent, DateTimeOffset at)
    {
        if (apexEvent is ToolExecuting start)
            _toolStarts[start.ToolCallId] = at;
        if (apexEvent is not ToolCompleted end)
            return;
        var measured = _toolStarts.TryGetValue(end.ToolCallId, out var begun) ? at - begun : TimeSpan.Zero;
        var stated = TimeSpan.FromMilliseconds(end.DurationMs);
        var longest = measured > stated ? measured : stated;
        if (longest > MaxToolTime)
            Report(RunFaultKind.SlowTool, ErrorSeverity.High, $"{end.ToolName} took {longest.TotalSeconds:0.0} s; at most {MaxToolTime.TotalSeconds:0} s are allowed.");
    }

    private List<RunFault> Finish()
    {
        if (_order is { HasStarted: false, HasEnded: false })
            ReportRun(RunFaultKind.Incomplete, ErrorSeverity.Critical, "The run has no agent_started.");
        if (!_order.HasEnded)
            ReportRun(RunFaultKind.Incomplete, ErrorSeverity.Critical, "The run has no terminal event.");
        if (_last - _first - _paused > MaxTotal)
            ReportRun(RunFaultKind.SlowRun, ErrorSeverity.High, $"The run took {(_last - _first - _paused)?.TotalSeconds:0} s; at most {MaxTotal.TotalSeconds:0} s are allowed.");
        return _faults;
    }

    private void Report(RunFaultKind kind, ErrorSeverity severity, string message) =>
        _faults.Add(new RunFault(kind, severity, _place, message));

    private void ReportRun(RunFaultKind kind, ErrorSeverity severity, string message) =>
        _faults.Add(new RunFault(kind, severity, null, message));
}
