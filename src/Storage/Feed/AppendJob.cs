using Apex.Protocol.Events;
using Apex.Protocol.Order;
using Apex.Storage.Records;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Feed;

/// <summary>One append on its way through the writer: checked, numbered, encoded, stored, shown.</summary>
internal sealed class AppendJob(FeedAppend append, FeedWork work) : WriteJob
{
    private readonly TaskCompletionSource<AppendOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _asked = work.Time.GetTimestamp();
    private readonly List<FeedEntry> _entries = new(append.Events.Count);
    private AppendOutcome? _refusal;
    private HotFeed? _feed;
    private FeedExtent? _extent;

    public Task<AppendOutcome> Done => _done.Task;

    public override int SizeBytes => 1_024 * (append.Events.Count + append.Changes.Count);

    // Without changes every refusal comes before the first write.
    public override bool NeedsSavepoint => append.Changes.Count > 0;

    public override bool Apply(SqliteSession session)
    {
        _entries.Clear();
        _feed = work.Hot.GetOrAdd(append.User);
        var extent = _feed.Uncommitted ?? FeedTables.ReadExtent(session, append.User);
        if (_feed.Extent is null)
            _feed.Learn(extent, _feed.TimesForgotten);
        var run = append.Run is { } id ? work.Runs.Get(session, append.User, id) : null;

        _refusal = FindStaleEpoch(run);
        if (_refusal is not null)
            return false;

        var at = work.Now();
        NumberAndEncode(extent.Head, run, at);
        foreach (var change in append.Changes)
        {
            _refusal = RecordTables.Apply(session, append.User, change, extent.Head + _entries.Count);
            if (_refusal is not null)
                return false;
        }

        RaiseEpochs();
        Insert(session, extent, run, at);
        return true;
    }

    public override void Undone()
    {
        if (_feed is not null)
            _feed.Uncommitted = null;
        if (append.Run is { } run)
            work.Runs.Forget(append.User, run);
        foreach (var change in append.Changes)
        {
            if (change is RecordChange.SaveRun save)
                work.Runs.Forget(append.User, save.Run.Id);
        }
    }

    public override void Committed()
    {
        if (_refusal is not null)
        {
            _done.TrySetResult(_refusal);
            return;
        }

        if (_entries.Count > 0)
        {
            _feed!.Publish(_extent!, _entries, work.Hot.Now()); // Apply set both.
            _feed.Wake();
            ForgetEndedRun();
        }

        _done.TrySetResult(new AppendOutcome.Stored(_extent!.Head));
    }

    public override void Failed(Exception failure) => _done.TrySetException(failure);

    private AppendOutcome.StaleEpoch? FindStaleEpoch(RunProgress? run)
    {
        if (append.RunEpoch is not { } mine || run?.Epoch is not { } current || mine == current)
            return null;
        var takesOver = append.Changes.Any(change =>
            change is RecordChange.SaveRun save && save.Run.Id == append.Run && save.Run.Epoch == mine);
        return mine > current && takesOver ? null : new AppendOutcome.StaleEpoch(current);
    }

    private void NumberAndEncode(long head, RunProgress? run, DateTimeOffset at)
    {
        foreach (var apexEvent in append.Events)
        {
            var seq = head + _entries.Count + 1;
            var numbered = RunOrder.IsRunEvent(apexEvent) && (append.Run ?? apexEvent.RunId) is not null
                ? NumberInRun(apexEvent, run, seq, at)
                : apexEvent with { EventId = $"{append.User}:{seq}", Seq = seq, RunSeq = null, RunId = null, Timestamp = at };
            _entries.Add(new FeedEntry(
                seq, EventTypes.Of(numbered), numbered.ThreadId, numbered.RunId, numbered.RunSeq, work.Encoder.Encode(numbered))
            {
                AppendedAt = _asked,
            });
        }
    }

    private ApexEvent NumberInRun(ApexEvent apexEvent, RunProgress? run, long seq, DateTimeOffset at)
    {
        if (run is null)
            throw new ArgumentException($"An event of run {apexEvent.RunId} was appended without naming the run in the append.");
        if (run.EndedAndTrimmed)
            throw new IllegalEventOrderException($"{EventTypes.Of(apexEvent)} comes after the end of run {append.Run}.");

        var runSeq = run.Order.LastRunSeq + 1;
        var numbered = apexEvent with
        {
            EventId = $"{append.Run}:{runSeq}", Seq = seq, RunSeq = runSeq, RunId = append.Run, Timestamp = at,
        };
        if (run.Order.Accept(numbered) is { } fault)
            throw new IllegalEventOrderException($"In run {append.Run}: {fault.Message}");
        return numbered;
    }

    private void RaiseEpochs()
    {
        foreach (var change in append.Changes)
        {
            if (change is RecordChange.SaveRun save && work.Runs.Find(append.User, save.Run.Id) is { } run)
                run.Epoch = Math.Max(run.Epoch ?? 0, save.Run.Epoch);
        }
    }

    private void Insert(SqliteSession session, FeedExtent extent, RunProgress? run, DateTimeOffset at)
    {
        _extent = extent;
        if (_entries.Count == 0)
            return;

        var feedId = extent.FeedId != 0 ? extent.FeedId : FeedTables.CreateFeed(session, append.User);
        foreach (var entry in _entries)
            FeedTables.Insert(session, feedId, entry, at);
        _extent = _feed!.Uncommitted = extent with { FeedId = feedId, Head = _entries[^1].Seq }; // Apply set the feed.
        if (run is not null)
            NoteSpan(session, run);
    }

    private void NoteSpan(SqliteSession session, RunProgress run)
    {
        var runId = append.Run!.Value; // A run's progress is only there with a run.
        if (!run.HasSpan && _entries.FirstOrDefault(entry => entry.RunSeq is not null) is { } first)
        {
            FeedTables.BeginSpan(session, append.User, runId, first.Seq);
            run.HasSpan = true;
        }

        if (run.Order.HasEnded && _entries.LastOrDefault(entry => entry.RunSeq is not null) is { } last)
            FeedTables.EndSpan(session, append.User, runId, last.Seq);
    }

    private void ForgetEndedRun()
    {
        if (append.Run is { } run && work.Runs.Find(append.User, run) is { Order.HasEnded: true })
            work.Runs.Forget(append.User, run);
    }
}

/// <summary>What the feed's jobs work with, all on the writer's thread.</summary>
internal sealed record FeedWork(HotFeeds Hot, RunOrders Runs, EventEncoder Encoder, TimeProvider Time)
{
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(1);

    private DateTimeOffset _last;

    /// <summary>
    /// The time of an append, never before the one of the append before it: a clock that is set back a little is waited for, one that is
    /// set back by more than a minute is followed. Only for the writer's loop.
    /// </summary>
    public DateTimeOffset Now()
    {
        var now = Time.GetUtcNow();
        if (now < _last && _last - now <= LongestHold)
            return _last;
        return _last = now;
    }
}
