using System.Diagnostics.CodeAnalysis;
using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Server.Runs;

/// <summary>
/// A run this process holds the lease of, waiting or at work. Every write of its record goes through here, one at a time, so that a
/// request to stop and the work itself cannot overwrite each other.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Without a timer and a wait handle there is nothing to free, and a late caller must not meet a disposed one.")]
internal sealed class HeldRun
{
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly CancellationTokenSource stop = new();
    private readonly CoreTurns? turns;
    private readonly Lock presence = new();
    private IDisposable? announced;
    private bool hasLeft;
    private string? stopReason;

    /// <param name="turns">Null where the cores need not be shared.</param>
    public HeldRun(RunRecord record, string organisationId, Tier tier, bool isRecovered, CoreTurns? turns = null)
    {
        Control = turns is null
            ? new RunControl { TokensBefore = record.TokensUsed }
            : new RunControl((held, cancellationToken) => TakeTurnAsync(turns, held, cancellationToken), AnnounceToCores)
            {
                TokensBefore = record.TokensUsed,
            };
        this.turns = turns;
        Record = record;
        OrganisationId = organisationId;
        Tier = tier;
        IsRecovered = isRecovered;
        WasWoken = record is { State: RunState.Queued, TimeLeft: not null };
        if (record.CancelRequested)
            stop.Cancel();
    }

    public UserId User => Record.User;

    public RunId Id => Record.Id;

    public ThreadId ThreadId => Record.ThreadId;

    public string OrganisationId { get; }

    public Tier Tier { get; }

    /// <summary>An earlier owner began it: its first words here are <see cref="RunRecovering"/>.</summary>
    public bool IsRecovered { get; }

    /// <summary>Of its user, when it was accepted or taken up.</summary>
    public UserRole Role { get; init; }

    /// <summary>It waited, and what it waited for came.</summary>
    public bool WasWoken { get; }

    /// <summary>As last stored.</summary>
    public RunRecord Record { get; private set; }

    /// <summary>The way to tell the supervisor something while it works.</summary>
    public RunControl Control { get; }

    /// <summary>What the run has begun and found so far, as stored.</summary>
    public OpenWork Open { get; } = new();

    /// <summary>Cancelled as soon as somebody asks to stop the run.</summary>
    public CancellationToken StopRequested => stop.Token;

    public string StopReason => stopReason ?? Record.Reason ?? "Stopped by the user.";

    public bool HasEnded => Record.EndedAt is not null;

    /// <summary>
    /// The run begins and will need a core as soon as its first words are stored, or has done its work and stores its last ones: those who
    /// give way to its user do so meanwhile.
    /// </summary>
    public void AnnounceToCores()
    {
        lock (presence)
            announced ??= hasLeft ? null : turns?.Announce(User, Tier);
    }

    /// <summary>What was announced is over or does not come yet.</summary>
    public void WithdrawFromCores()
    {
        lock (presence)
        {
            announced?.Dispose();
            announced = null;
        }
    }

    /// <summary>The run is at work no longer here, whatever of it was left behind.</summary>
    public void LeaveCores()
    {
        lock (presence)
            hasLeft = true;
        WithdrawFromCores();
    }

    /// <summary>
    /// Appends events and changes under the run's lease. The append is never abandoned half-way, because its outcome decides what
    /// may be said next.
    /// </summary>
    /// <param name="change">Makes the record to store from the one in force; null leaves it.</param>
    public async ValueTask<AppendOutcome> AppendAsync(
        IFeed feed, IReadOnlyList<ApexEvent> events, IReadOnlyList<RecordChange> changes, Func<RunRecord, RunRecord>? change = null)
    {
        await writing.WaitAsync(CancellationToken.None);
        try
        {
            return await AppendAsync_NeedsTurn(feed, events, changes, change);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Asks the run to stop and stores that it was asked.</summary>
    /// <returns>Null when the run has already ended.</returns>
    public async ValueTask<AppendOutcome?> StopAsync(IFeed feed, string reason)
    {
        Interlocked.CompareExchange(ref stopReason, reason, null);
        // The work is told first: the sooner it ends the better, and what it stores meanwhile is still legal.
        await stop.CancelAsync();

        await writing.WaitAsync(CancellationToken.None);
        try
        {
            if (HasEnded)
                return null;
            return await AppendAsync_NeedsTurn(
                feed, [], [], record => record with { CancelRequested = true, Reason = StopReason });
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Adds the user's words to the run at work, once they are stored.</summary>
    /// <param name="added">What to store with them.</param>
    /// <returns>Null when the run has said its answer or ended: the words need a run of their own.</returns>
    public async ValueTask<AppendOutcome?> SteerAsync(IFeed feed, string words, FeedAppend added)
    {
        AppendOutcome? outcome = null;
        async ValueTask<bool> StoreAsync()
        {
            await writing.WaitAsync(CancellationToken.None);
            try
            {
                if (!HasEnded && !StopRequested.IsCancellationRequested)
                    outcome = await feed.AppendAsync(added with { Run = Id, RunEpoch = Record.Epoch }, CancellationToken.None);
                return outcome is AppendOutcome.Stored;
            }
            finally
            {
                writing.Release();
            }
        }

        await Control.TrySteerAsync(words, StoreAsync, CancellationToken.None);
        return outcome;
    }

    /// <summary>Asks a part of the run to stop and stores that it was asked.</summary>
    /// <returns>Null when the run has already ended.</returns>
    public async ValueTask<AppendOutcome?> StopPartAsync(IFeed feed, string target, string reason)
    {
        await Control.StopAsync(target, reason);

        await writing.WaitAsync(CancellationToken.None);
        try
        {
            // One that has begun to wait goes on without that part.
            return HasEnded ? null : await AppendAsync_NeedsTurn(
                feed, [], [new RecordChange.RequestStop(Id, target, reason), new RecordChange.WakeRun(Id, reason)], null);
        }
        finally
        {
            writing.Release();
        }
    }

    private async ValueTask<IDisposable> TakeTurnAsync(CoreTurns cores, IDisposable? held, CancellationToken cancellationToken)
    {
        var turn = await cores.TakeAsync(User, Tier, cancellationToken, held);
        WithdrawFromCores();
        return turn;
    }

    private async ValueTask<AppendOutcome> AppendAsync_NeedsTurn(
        IFeed feed, IReadOnlyList<ApexEvent> events, IReadOnlyList<RecordChange> changes, Func<RunRecord, RunRecord>? change)
    {
        var next = change?.Invoke(Record);
        var outcome = await feed.AppendAsync(
            new FeedAppend
            {
                User = User,
                Run = Id,
                RunEpoch = Record.Epoch,
                Events = events,
                // First, so that a change that depends on the run's state meets the new one.
                Changes = next is null ? changes : [new RecordChange.SaveRun(next), .. changes],
            },
            CancellationToken.None);
        if (outcome is AppendOutcome.Stored && next is not null)
            Record = next;
        return outcome;
    }
}
