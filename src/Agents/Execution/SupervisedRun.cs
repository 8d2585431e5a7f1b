using Apex.Agents.Planning;
using Apex.Agents.Reports;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Protocol.Reports;
using Microsoft.Extensions.Logging;

namespace Apex.Agents.Execution;

/// <summary>One run from its first event to its last. The state is replaced whole after each step and saved with the step's end.</summary>
internal sealed partial class SupervisedRun
{
    private readonly RunContext _context;
    private readonly RunStream _stream;
    private readonly SubagentRegistry _subagents;
    private readonly ToolDispatcher _dispatcher;
    private readonly TimeProvider _time;
    private readonly SubagentRunner _runner;
    private readonly RunProgress _progress;
    private readonly RunIds _ids;
    private readonly Actor _supervisor;
    private readonly ILogger<Supervisor> _log;

    /// <summary>From here to the deadline there is only reporting.</summary>
    private readonly DateTimeOffset _lastToolCall;

    private SupervisorState _state;
    private bool _isLate;

    public SupervisedRun(
        RunContext context, RunStream stream, SubagentRegistry subagents, ToolDispatcher dispatcher, AgentsOptions options,
        TimeProvider time, ILogger<Supervisor> log)
    {
        (_context, _stream, _subagents, _dispatcher) = (context, stream, subagents, dispatcher);
        (_time, _log) = (time, log);
        _runner = new SubagentRunner(options, time, log);
        _progress = new RunProgress(time);
        _ids = new RunIds(context.Run, context.Attempt);
        _lastToolCall = context.Deadline - Least(options.ReportingReserve, (context.Deadline - context.StartedAt) / 5);
        _supervisor = new Actor(Supervisor.Name, _ids.Invocation(0));
        _state = SupervisorState.Read(context.Checkpoint) ?? SupervisorState.Empty;
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var deadline = new TimeLimit(_context.Deadline, _time, cancellationToken);
        try
        {
            await WorkAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DeadlineExceededException(_context.Deadline);
        }
    }

    private async Task WorkAsync(CancellationToken run)
    {
        run.ThrowIfCancellationRequested();
        if (_context.Checkpoint is null)
            await _stream.SayAsync(
                new AgentStarted(_context.Question, Attempt: _context.Attempt, StepNumber: 1, TotalSteps: _progress.Total),
                _supervisor, run, _state.ToCheckpoint());
        else
            GoesOn(_context.Run.Value, _state.Done.Count);

        await StepAsync(SubagentNames.Triage, Route.Expected, run);
        var route = RouteNow();
        await ThinkAsync(SupervisorWords.Routed(route), "planning", run);
        foreach (var name in route)
            await StepAsync(name, route, run);
        await AnswerAsync(run);
    }

    private IReadOnlyList<string> RouteNow()
    {
        var triage = _state.Findings.TryGetValue(SubagentNames.Triage, out var found) ? TriageVerdict.Read(found.Content) : null;
        return Route.After(triage?.Completeness, triage is { Answerable: false }, _subagents.Added);
    }

    private async Task StepAsync(string name, IReadOnlyList<string> route, CancellationToken run)
    {
        if (_state.Done.Contains(name))
            return;
        if (name != SubagentNames.Reporting && TimeIsUp)
        {
            _state = _state with { Failures = [.. _state.Failures, $"{name} was left out: the time of the run was nearly over."] };
            return;
        }

        var step = StepOf(name, route);
        _progress.Begin(step, route.Count);
        var actor = new Actor(name, _ids.Invocation(step), _supervisor.InvocationId);
        var instruction = SupervisorWords.Instruction(name);
        var started = _time.GetTimestamp();
        await _stream.SayAsync(new SubagentStarted(instruction, step, route.Count), actor, run);

        // Reporting has no limit but the run's own deadline: only that can fail it.
        using var ends = new TimeLimit(name == SubagentNames.Reporting ? null : _lastToolCall, _time, run);
        var work = new SubagentWork(_context, _stream, _dispatcher, _ids, _progress, actor, step, _state.Calls, ends.Token, run);
        var task = new SubagentTask(_context, instruction, _state.Findings, _state.Calls, _state.Failures);
        SubagentOutcome outcome;
        try
        {
            outcome = await _runner.RunAsync(_subagents[name], task, work, ends, run);
        }
        catch (OperationCanceledException)
        {
            // Nothing of a run outlives it: its calls end at once when the run does.
            await work.SettleAsync();
            throw;
        }

        if (outcome.Findings is null)
            await ends.EndAsync();
        await work.CloseAsync();
        _isLate |= ends.HasPassed;
        await ends.EndAsync();

        _state = _state.After(name, outcome, work.Finished);
        if (outcome.Error is not null)
            await _stream.SayAsync(AgentErrors.Of(outcome, _ids.Support(step)), actor, run);
        await _stream.SayAsync(
            new SubagentCompleted(
                outcome.Status, outcome.Findings?.Summary ?? outcome.Error ?? "", (long)_time.GetElapsedTime(started).TotalMilliseconds,
                outcome.Findings?.Content),
            actor, run, _state.ToCheckpoint());
    }

    private async Task AnswerAsync(CancellationToken run)
    {
        var report = _state.Findings.GetValueOrDefault(SubagentNames.Reporting)?.Report
            ?? EmergencyReport.Of(_context.Question, _state.Failures);
        var plan = _state.Findings.GetValueOrDefault(SubagentNames.Triage)?.Content;
        var now = _time.GetUtcNow();
        var reply = new MessageView(
            MessageId.New(), _context.Thread, MessageRole.Assistant, report.Markdown, now, _context.Run, new MessageMetadata(report, plan));
        await _stream.SayAsync(
            new AgentCompleted(
                reply.Id, report, PlainMarkdown.Of(report.Markdown), PlainMarkdown.Headline(report.Markdown),
                report.Kind == ReportKind.Full ? "completed" : report.Kind.ToString().ToLowerInvariant(),
                (long)(now - _context.StartedAt).TotalMilliseconds, new ModelUsage(0, 0, 0)),
            _supervisor, run, reply: reply);
    }

    private ValueTask ThinkAsync(string thought, string operation, CancellationToken run) =>
        _stream.SayAsync(_progress.Think(thought, operation), _supervisor, run);

    private bool TimeIsUp => _isLate || _time.GetUtcNow() >= _lastToolCall;

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static int StepOf(string name, IReadOnlyList<string> route)
    {
        for (var i = 0; i < route.Count; i++)
            if (route[i] == name)
                return i + 1;
        throw new InvalidOperationException($"{name} is not on the route {string.Join(" → ", route)}.");
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {Run} goes on after {Steps} finished steps.")]
    private partial void GoesOn(string run, int steps);
}
