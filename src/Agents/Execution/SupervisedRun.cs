using Apex.Agents.Approvals;
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
    private readonly UserAsking _asking;
    private readonly TimeProvider _time;
    private readonly SubagentRunner _runner;
    private readonly RunProgress _progress;
    private readonly RunIds _ids;
    private readonly Actor _supervisor;
    private readonly ILogger<Supervisor> _log;

    private readonly long _began;

    /// <summary>Counted from the beginning, whatever the clock on the wall is set to meanwhile.</summary>
    private readonly TimeSpan _limit;

    /// <summary>From here to the limit there is only reporting.</summary>
    private readonly TimeSpan _lastToolCall;

    private SupervisorState _state;

    /// <summary>What the checkpoints so far add up to.</summary>
    private SupervisorState _kept;

    /// <summary>What is asked now: the question, or what the user added last.</summary>
    private RunContext _asked;

    private int _lastStep;
    private bool _isLate;

    public SupervisedRun(
        RunContext context, RunStream stream, SubagentRegistry subagents, ToolDispatcher dispatcher, UserAsking asking,
        AgentsOptions options, TimeProvider time, ILogger<Supervisor> log)
    {
        (_context, _stream, _subagents, _dispatcher, _asking) = (context, stream, subagents, dispatcher, asking);
        (_time, _log) = (time, log);
        _runner = new SubagentRunner(options, time, log);
        _progress = new RunProgress(time);
        _ids = new RunIds(context.Run, context.Attempt);
        _began = time.GetTimestamp();
        _limit = context.Deadline - context.StartedAt;
        _lastToolCall = _limit - Least(options.ReportingReserve, _limit / 5);
        _supervisor = new Actor(Supervisor.Name, _ids.Invocation(0));
        _state = SupervisorState.Read(context.Checkpoints);
        _kept = _state;
        _asked = WithTaken(context, _state.Taken);
        // A run that waited was in the middle of a step, whose number is used: words that were added meanwhile take it elsewhere.
        _lastStep = _state.Base + _state.Done.Count + (context.Resumes > 0 ? 1 : 0);
    }

    /// <returns>Null when the run was announced before.</returns>
    public AgentOutput.Said? FirstWords() => _context.IsAnnounced
        ? null
        : new AgentOutput.Said(
            _stream.Stamp(
                new AgentStarted(_context.Question, Attempt: _context.Attempt, StepNumber: 1, TotalSteps: _progress.Total), _supervisor),
            _state.ToCheckpoint(before: null));

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var deadline = new TimeLimit(_limit - Elapsed, _time, cancellationToken);
        try
        {
            await WorkAsync(deadline.Token);
        }
        catch (RunPausedException paused)
        {
            // Words that were added on the way are taken in at once, not when somebody wakes the run for something else.
            await _stream.PauseAsync(paused.Pause with { Taken = _state.Taken.Count }, cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DeadlineExceededException(_context.Deadline);
        }
        finally
        {
            _context.Control.Leave();
        }
    }

    private async Task WorkAsync(CancellationToken run)
    {
        run.ThrowIfCancellationRequested();
        if (_context.Checkpoints.Count > 0)
            GoesOn(_context.Run.Value, _state.Steps);

        do
        {
            await TakeSteersAsync(run);
            await FollowRouteAsync(run);
        }
        while (!await _context.Control.TryBeginAnswerAsync(_state.Taken.Count, run));
        await AnswerAsync(run);
    }

    /// <summary>Ends early when the user added something: what comes after must know it.</summary>
    private async Task FollowRouteAsync(CancellationToken run)
    {
        await StepAsync(SubagentNames.Triage, Route.Expected, run);
        var route = RouteNow();
        await ThinkAsync(SupervisorWords.Routed(route), "planning", run);
        foreach (var name in route)
        {
            if (_context.Control.Steers.Count > _state.Taken.Count)
                return;
            await StepAsync(name, route, run);
        }
    }

    private async Task TakeSteersAsync(CancellationToken run)
    {
        foreach (var words in _context.Control.Steers.Skip(_state.Taken.Count))
        {
            _state = _state.Steered(words, _lastStep);
            _asked = WithTaken(_context, _state.Taken);
            await ThinkAsync(SupervisorWords.TookIn(words), "planning", run);
        }
    }

    /// <summary>What was asked before is what came before in the conversation: what the user adds is understood like a next question.</summary>
    private static RunContext WithTaken(RunContext context, IReadOnlyList<TakenSteer> taken)
    {
        var asked = context;
        foreach (var (words, plan) in taken)
        {
            var question = new MessageView(MessageId.New(), context.Thread, MessageRole.User, asked.Question, context.StartedAt, context.Run);
            var understood = question with { Role = MessageRole.Assistant, Content = "", Metadata = new MessageMetadata(Plan: plan) };
            asked = asked with
            {
                Question = words,
                History = plan is null ? [.. asked.History, question] : [.. asked.History, question, understood],
            };
        }

        return asked;
    }

    private IReadOnlyList<string> RouteNow()
    {
        var triage = _state.Findings.TryGetValue(SubagentNames.Triage, out var found) ? TriageVerdict.Read(found.Content) : null;
        return Route.After(
            triage?.Completeness, triage is { Answerable: false }, _subagents.Added, _subagents.Converses && triage is { Refusal: null });
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

        var place = StepOf(name, route);
        var step = _state.Base + place;
        _lastStep = Math.Max(_lastStep, step);
        await _context.Control.Main.GiveWayAsync(run);
        await StepInTurnAsync(name, place, step, route.Count, run);
    }

    /// <param name="place">Of the step on its route, from 1.</param>
    /// <param name="step">Of the step within the run, from 1.</param>
    private async Task StepInTurnAsync(string name, int place, int step, int steps, CancellationToken run)
    {
        _progress.Begin(place, steps);
        using var span = AgentSpans.Begin($"agent {name}");
        var actor = new Actor(name, _ids.Invocation(step), _supervisor.InvocationId, span.Id);
        var instruction = SupervisorWords.Instruction(name);
        var started = _time.GetTimestamp();
        await _stream.SayAsync(new SubagentStarted(instruction, place, steps), actor, run);

        // Reporting has no limit but the run's own deadline: only that can fail it.
        using var ends = new TimeLimit(
            name == SubagentNames.Reporting ? null : _lastToolCall - Elapsed, _time, run, _context.Control.StopOf(actor.InvocationId));
        var work = new SubagentWork(_asked, _stream, _dispatcher, _asking, _ids, _progress, actor, step, _state.Calls, ends.Token, run);
        var task = new SubagentTask(_asked, instruction, _state.Findings, _state.Calls, _state.Failures);
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

        if (outcome.Pause is { } pause)
        {
            await work.SettleAsync();
            throw new RunPausedException(pause);
        }

        if (outcome.Findings is null)
            await ends.EndAsync();
        await work.CloseAsync(ends.EndAsync);
        _isLate |= ends.HasPassed;
        await ends.EndAsync();

        AgentSpans.Note(span, outcome.Status);
        _state = _state.After(name, outcome, work.Finished);
        var checkpoint = _state.ToCheckpoint(_kept);
        _kept = _state;
        // What the user stopped is no trouble to tell of: it is what was asked for.
        if (outcome.Error is not null && outcome.Status != ToolStatus.Cancelled)
            await _stream.SayAsync(AgentErrors.Of(outcome, _ids.Support(step)), actor, run);
        await _stream.SayAsync(
            new SubagentCompleted(
                outcome.Status, outcome.Findings?.Summary ?? outcome.Error ?? "", (long)_time.GetElapsedTime(started).TotalMilliseconds,
                outcome.Findings?.Content),
            actor, run, checkpoint);
    }

    private async Task AnswerAsync(CancellationToken run)
    {
        var report = _state.Findings.GetValueOrDefault(SubagentNames.Reporting)?.Report
            ?? EmergencyReport.Of(_asked.Question, _state.Failures);
        var plan = _state.Findings.GetValueOrDefault(SubagentNames.Triage)?.Content;
        var now = _time.GetUtcNow();
        var reply = new MessageView(
            _ids.Reply, _context.Thread, MessageRole.Assistant, report.Markdown, now, _context.Run, new MessageMetadata(report, plan));
        await _stream.SayAsync(
            new AgentCompleted(
                reply.Id, report, PlainMarkdown.Of(report.Markdown), PlainMarkdown.Headline(report.Markdown),
                report.Kind == ReportKind.Full ? "completed" : report.Kind.ToString().ToLowerInvariant(),
                (long)Elapsed.TotalMilliseconds, report.Usage ?? new ModelUsage(0, 0, 0)),
            _supervisor, run, reply: reply);
    }

    private ValueTask ThinkAsync(string thought, string operation, CancellationToken run) =>
        _stream.SayAsync(_progress.Think(thought, operation), _supervisor, run);

    private TimeSpan Elapsed => _time.GetElapsedTime(_began);

    private bool TimeIsUp => _isLate || Elapsed >= _lastToolCall;

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
