using System.Diagnostics;
using Apex.Agents.Execution;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Server.Limits;
using Apex.Server.Limits.Budgets;
using Apex.Server.Runs.Waiting;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Apex.Server.Runs;

/// <summary>
/// Works one held run off: follows its supervisor, stores what it says and ends the run with exactly one terminal event whatever
/// happens, or hands it over where this process may not or cannot go on.
/// </summary>
internal sealed partial class RunWork(
    ISupervisor supervisor,
    RunHistory history,
    IFeed feed,
    StoredRuns stored,
    IRecords records,
    ToolResults results,
    TierTable tiers,
    WaitKeeper waits,
    RunMetrics metrics,
    RunAnswers answers,
    IOptions<RunsOptions> options,
    TimeProvider clock,
    ILogger<RunWork> logger)
{
    private const string OtherWay = "The step came to its end without this call after the run had waited.";
    private const string Left = "The run took in what its user added, and left this.";

    private static readonly ActivitySource Spans = new("Apex.Runs");

    /// <param name="leaving">The process stops: hand the run over.</param>
    public async Task<RunDeparture> DoAsync(HeldRun run, CancellationToken leaving)
    {
        using var span = BeginSpan(run);
        var limit = TimeFor(run);
        using var deadline = new CancellationTokenSource(limit, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(run.StopRequested, deadline.Token, leaving);
        var emitter = new RunEmitter(run, feed, results, options.Value, clock, span.Id, leaving);
        var ender = new RunEnder(run, emitter, clock, logger);
        var departure = new RunDeparture();
        try
        {
            try
            {
                await WorkAsync(run, emitter, ender, departure, ending.Token);
            }
            catch (Exception fault) when (!run.HasEnded && MustEnd(fault, run, deadline.Token, leaving))
            {
                await EndAsync(run, ender, fault, limit, deadline.Token);
            }
        }
        catch (LeaseLostException lost)
        {
            LogLeaseLost(run.Id.Value, lost.Message);
        }
        catch (StorageUnavailableException away)
        {
            departure.WasLetGo = true;
            LogLetGo(away, run.Id.Value);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            departure.WasLetGo = true;
            await HandOverAsync(run);
        }

        return departure;
    }

    /// <summary>The run's part of the trace that began where its message was written. There also where nobody listens: its events carry it.</summary>
    private static Activity BeginSpan(HeldRun run)
    {
        ActivityContext.TryParse(run.Record.Traceparent, null, isRemote: true, out var from);
        var span = Spans.StartActivity("run", ActivityKind.Consumer, from);
        if (span is null)
        {
            span = new Activity("run");
            if (run.Record.Traceparent is { } traceparent)
                span.SetParentId(traceparent);
            span.Start();
        }

        span.SetTag("apex.run_id", run.Id.Value);
        return span;
    }

    private async Task WorkAsync(
        HeldRun run, RunEmitter emitter, RunEnder ender, RunDeparture departure, CancellationToken ending)
    {
        if (run.IsRecovered)
            await new RunTakeOver(run, emitter, stored, options.Value, clock).AnnounceAsync();
        if (run.StopRequested.IsCancellationRequested)
            await ender.CancelledAsync();
        else
            await FollowAsync(run, emitter, departure, ending);
    }

    /// <summary>Whether the fault ends the run: all do but those after which this process may not or need not speak for it.</summary>
    private static bool MustEnd(Exception fault, HeldRun run, CancellationToken deadline, CancellationToken leaving) => fault switch
    {
        LeaseLostException or StorageUnavailableException => false,
        OperationCanceledException when leaving.IsCancellationRequested =>
            run.StopRequested.IsCancellationRequested || deadline.IsCancellationRequested,
        _ => true,
    };

    /// <summary>What a fault means depends on who asked for the end, not on what the supervisor made of it.</summary>
    private static ValueTask EndAsync(
        HeldRun run, RunEnder ender, Exception fault, TimeSpan limit, CancellationToken deadline) => fault switch
    {
        _ when run.StopRequested.IsCancellationRequested => ender.CancelledAsync(),
        RunGivenUpException => ender.FailedAsync(ErrorCode.Interrupted, fault.Message),
        _ when fault is DeadlineExceededException || deadline.IsCancellationRequested =>
            ender.FailedAsync(ErrorCode.DeadlineExceeded, LateWords(run, limit)),
        _ => ender.BrokenAsync(fault),
    };

    private static string LateWords(HeldRun run, TimeSpan limit) =>
        $"The run was ended by its deadline: it had {limit.TotalSeconds:0.##} s, the limit of the tier {run.Tier.ToString().ToLowerInvariant()} "
        + $"(Tiers:{run.Tier}:RunDeadline).";

    private async Task FollowAsync(HeldRun run, RunEmitter emitter, RunDeparture departure, CancellationToken ending)
    {
        var began = clock.GetTimestamp();
        var (context, sentLogs) = await MakeContextAsync(run, emitter, ending);
        var ledger = new FeedToolLedger(run, records, emitter, clock);
        using var abandon = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        using var onEnding = ending.Register(() => abandon.CancelAfter(options.Value.CancellationGrace));

        var outputs = supervisor.RunAsync(context, ledger, ending).GetAsyncEnumerator(ending);
        Task<bool>? next = null;
        try
        {
            while (await (next = outputs.MoveNextAsync().AsTask()).WaitAsync(abandon.Token))
            {
                if (outputs.Current is AgentOutput.Hinted hint)
                    emitter.Hint(hint);
                else if (outputs.Current is AgentOutput.Paused paused)
                {
                    await PauseAsync(run, TimeFor(run) - clock.GetElapsedTime(began), emitter, departure, paused.Pause);
                    return;
                }
                else if (outputs.Current is AgentOutput.Said said && await StoreAsync(run, context, emitter, said))
                    return;
                else if (outputs.Current is AgentOutput.Said { Event: AgentStarted started } && sentLogs is not null)
                    await emitter.SayAsync([SentLogsTold(started, sentLogs)], []);
            }

            throw new InvalidOperationException("The supervisor ended without an answer.");
        }
        finally
        {
            // Not awaited here: a supervisor that ignores its cancellation must not keep the run from ending.
            departure.LeftBehind = LeaveAsync(outputs, next);
        }
    }

    /// <returns>True when this was the run's last word.</returns>
    private async ValueTask<bool> StoreAsync(HeldRun run, RunContext context, RunEmitter emitter, AgentOutput.Said said)
    {
        // A run that goes on without a checkpoint begins anew, but it was announced before.
        if (said.Event is AgentStarted && emitter.Open.HasStarted || emitter.Told.Has(said.Event))
            return false;

        // One that begins again after a crash goes on under its name.
        if (said.Event is SubagentStarted { Context.InvocationId: { } begins } && emitter.Told.Resumes > 0 && !emitter.Open.IsOpen(begins))
            await LeaveOpenAsync(emitter);
        if (said.Event is SubagentCompleted { Context.InvocationId: { } invocation } && emitter.Open.CloseToolsOf(invocation, OtherWay, clock.GetUtcNow()) is { Count: > 0 } unended)
            await emitter.SayAsync(unended, []);
        var changes = new List<RecordChange>(2);
        if (said.Asked is { } asked)
            changes.Add(new RecordChange.AddApproval(asked));
        // Who asked has ended: what he asked is withdrawn with his end, so that nobody decides what nobody waits for.
        if (emitter.Open.LeftBy(said.Event) is { Count: > 0 } left)
            changes.Add(new RecordChange.WithdrawApprovals(left));
        if (said.Checkpoint is { } checkpoint)
            changes.Add(new RecordChange.SaveCheckpoint(run.Id, checkpoint.Step, checkpoint.State));
        var now = clock.GetUtcNow();
        if (said.Event is not AgentCompleted completed)
        {
            var spoken = said.Event is AgentStarted started && run.Record.Fork is { } fork
                ? started with { ForkOf = fork.Of, ForkStep = fork.Step }
                : said.Event;
            await emitter.SayAsync([spoken], changes, run.Record.State is RunState.Running ? null : record => record with
            {
                State = RunState.Running,
                StartedAt = record.StartedAt ?? context.StartedAt,
                Deadline = context.Deadline,
            });
            if (said.Asked is not null)
                waits.Look();
            if (said.Event is SubagentCompleted { AgentName: { } phase } over)
                metrics.PhaseEnded(phase, over.Status, over.DurationMs);
            return false;
        }

        changes.Add(new RecordChange.AddMessage(said.Reply ?? new MessageView(
            completed.MessageId, run.ThreadId, MessageRole.Assistant, completed.FinalResponse, now, run.Id,
            new MessageMetadata(completed.Result))));
        await emitter.SayAsync([completed], changes, record => record with
        {
            State = RunState.Completed,
            EndedAt = now,
            Reason = null,
        });
        answers.Note(run);
        return true;
    }

    /// <summary>A run that waited in the middle of a step and goes elsewhere, because its user added something, does not come back to that step.</summary>
    private async ValueTask LeaveOpenAsync(RunEmitter emitter)
    {
        var left = emitter.Open.Close(Left, clock.GetUtcNow());
        if (left.Count > 0)
            await emitter.SayAsync(left, [new RecordChange.WithdrawApprovals([.. left.SelectMany(emitter.Open.LeftBy).Distinct()])]);
    }

    /// <summary>Nothing of the run may happen after this: it is let go until somebody wakes it.</summary>
    private async ValueTask PauseAsync(HeldRun run, TimeSpan left, RunEmitter emitter, RunDeparture departure, RunPause pause)
    {
        // What came before the run waits is looked for in the same append, and what comes after it finds a run that waits: whenever this
        // process dies, nothing is lost.
        List<RecordChange> wakes = [];
        if (pause.On.Count > 0)
            wakes.Add(new RecordChange.WakeIfDecided(run.Id, pause.On));
        if (pause.Taken is { } taken)
            wakes.Add(new RecordChange.WakeIfSteered(run.Id, taken));
        await emitter.SayAsync(
            [new RunPaused(pause.Reason, pause.Needs, pause.Until)],
            wakes,
            record => record with
            {
                State = StateOf(run, pause),
                Needs = pause.Needs,
                Reason = pause.Reason,
                TimeLeft = left > TimeSpan.Zero ? left : TimeSpan.Zero,
                // What waits for decisions is woken by their expiry.
                WaitsUntil = pause.On.Count == 0 ? pause.Until : null,
                Asks = pause.Asks is { } asks ? BudgetMoney.Amount(asks.Tokens, asks.Usd) : null,
            });
        departure.IsPaused = true;
        // Also for a budget that got room meanwhile.
        waits.Look();
    }

    /// <summary>
    /// Asked in the run's turn to write. A wish to stop a part is told to the run before it is stored: one that was stored by now is seen
    /// here, and a later one finds a run that waits and wakes it.
    /// </summary>
    private static RunState StateOf(HeldRun run, RunPause pause) => pause.Needs switch
    {
        _ when run.Open.IsStopAsked(pause.On, run.Control) => RunState.Queued,
        RunNeed.Approval or RunNeed.Answer => RunState.Waiting,
        _ => RunState.Paused,
    };

    /// <summary>
    /// The limit of the tier; of a run that waited what it had left of it, but a quarter at least: the step it waited in is begun again.
    /// The time it waited is nobody's but its user's.
    /// </summary>
    private TimeSpan TimeFor(HeldRun run)
    {
        var limit = tiers.For(run.Tier).RunDeadline;
        return !run.WasWoken ? limit : run.Record.TimeLeft is { } left && left > limit / 4 ? left : limit / 4;
    }

    private static AgentThinking SentLogsTold(AgentStarted started, SentLogsView logs) => new(
        $"{logs.Lines} log lines came with the message; {logs.Calls} tell of a call and {logs.Stored} of these are new in the usage log. "
        + string.Join(' ', logs.Notes), StepNumber: 1, started.TotalSteps ?? 1, 0, 0, "reading the logs sent along")
    {
        AgentName = started.AgentName,
        Context = started.Context,
    };

    private async ValueTask<(RunContext Context, SentLogsView? SentLogs)> MakeContextAsync(HeldRun run, RunEmitter emitter, CancellationToken cancellationToken)
    {
        var record = run.Record;
        var (question, earlier) = await history.ReadAsync(record, cancellationToken)
            ?? throw new InvalidOperationException("The message this run answers is gone.");
        var checkpoints = run.IsRecovered || record.Fork is not null
            ? await records.ListCheckpointsAsync(run.User, run.Id, through: null, cancellationToken)
            : [];
        var now = clock.GetUtcNow();
        var context = new RunContext(
            run.User, run.OrganisationId, run.Tier, run.ThreadId, run.Id, record.RequestId ?? run.Id.Value, question.Content, earlier,
            now, now + TimeFor(run), record.Attempt)
        {
            Checkpoints = [.. checkpoints.Select(kept => kept.State)],
            Control = run.Control,
            IsAnnounced = run.Open.HasStarted,
            Begun = emitter.Told.Calls,
            Resumes = emitter.Told.Resumes,
            Caps = CapsOf(run.Tier),
            Role = run.Role,
        };
        return (context, question.Metadata?.SentLogs);
    }

    private RunCaps CapsOf(Tier tier)
    {
        const long bytesPerMiB = 1024 * 1024;
        var limits = tiers.For(tier);
        return new RunCaps(
            limits.ToolCallsPerRun, limits.ResultMiBPerRun * bytesPerMiB, TierTable.NameOf(tier),
            tiers.Lifting(tier, static at => at.ToolCallsPerRun), tiers.Lifting(tier, static at => at.ResultMiBPerRun))
        {
            Tokens = limits.TokensPerRun ?? long.MaxValue,
            TokensLiftedBy = tiers.Lifting(tier, static at => at.TokensPerRun),
        };
    }

    private async Task HandOverAsync(HeldRun run)
    {
        try
        {
            await run.AppendAsync(feed, [], [], record => record with
            {
                State = RunState.Recovering,
                Reason = record.CancelRequested ? record.Reason : RunTakeOver.HandedOver,
            });
            LogHandedOver(run.Id.Value);
        }
        catch (StorageUnavailableException away)
        {
            // Nothing is lost: the next owner takes every run that has not ended, whatever state it is in.
            LogLetGo(away, run.Id.Value);
        }
    }

    private async Task LeaveAsync(IAsyncEnumerator<AgentOutput> outputs, Task<bool>? next)
    {
        try
        {
            if (next is not null)
                await next;
            await outputs.DisposeAsync();
        }
        catch (Exception fault)
        {
            // The fault itself was told through the run; here only the end of the enumeration is awaited.
            LogLeftBehind(fault);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {RunId} is left to another owner: {Reason}")]
    private partial void LogLeaseLost(string runId, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Run {RunId} is let go because the store is away; it is taken up again later.")]
    private partial void LogLetGo(Exception exception, string runId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {RunId} is handed over at its last checkpoint.")]
    private partial void LogHandedOver(string runId);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The supervisor's enumeration ended with a fault.")]
    private partial void LogLeftBehind(Exception fault);
}

/// <summary>How a run left this process.</summary>
internal sealed class RunDeparture
{
    /// <summary>The run has not ended and needs an owner.</summary>
    public bool WasLetGo { get; set; }

    /// <summary>The run waits and is nobody's until it is woken.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Ends when the supervisor really has: later than the run where it ignores its cancellation.</summary>
    public Task LeftBehind { get; set; } = Task.CompletedTask;
}
