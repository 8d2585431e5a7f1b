using Apex.Protocol.Ids;
using Microsoft.Extensions.Options;

namespace Apex.Server.Runs;

/// <summary>
/// Every run this process holds, waiting or at work. Users take turns, so that one user's backlog costs another nothing; the runs of
/// a thread go one after the other; a user's tier and the process bound how many work at once. Safe for concurrent use.
/// </summary>
internal sealed class RunQueue(IOptions<RunsOptions> options, TimeProvider clock) : IDisposable
{
    private readonly Lock mutex = new();
    private readonly Dictionary<(UserId, RunId), HeldRun> held = [];
    private readonly Dictionary<UserId, UserLane> lanes = [];
    private readonly Queue<UserLane> turns = new();
    private readonly Queue<HeldRun> expedited = new();
    private readonly SemaphoreSlim work = new(0);
    private int working;

    public HeldRun? Find(UserId user, RunId run)
    {
        lock (mutex)
            return held.GetValueOrDefault((user, run));
    }

    /// <summary>The user's run at work in which an invocation or a tool call of this id is at work.</summary>
    public HeldRun? FindAtWork(UserId user, string target)
    {
        lock (mutex)
            return lanes.TryGetValue(user, out var lane) ? lane.Working.FirstOrDefault(run => run.Open.IsOpen(target) || run.Open.IsSupervisor(target)) : null;
    }

    /// <summary>The run of a thread that is at work.</summary>
    public HeldRun? FindAtWork(UserId user, ThreadId thread)
    {
        lock (mutex)
            return lanes.TryGetValue(user, out var lane) ? lane.Working.FirstOrDefault(run => run.ThreadId == thread) : null;
    }

    /// <summary>The runs of a thread that are waiting or at work.</summary>
    public IReadOnlyList<RunId> RunsOf(UserId user, ThreadId thread)
    {
        lock (mutex)
            return lanes.TryGetValue(user, out var lane) ? lane.RunsOf(thread) : [];
    }

    /// <summary>Runs waiting and at work, of all users.</summary>
    public (int Waiting, int Working) Count()
    {
        lock (mutex)
            return (held.Count - working, working);
    }

    /// <summary>Runs of one user, waiting and at work.</summary>
    public int CountOf(UserId user)
    {
        lock (mutex)
            return lanes.TryGetValue(user, out var lane) ? lane.Held : 0;
    }

    /// <summary>Runs of one user at work, and waiting for their turn.</summary>
    public (int Working, int Waiting) CountsOf(UserId user)
    {
        lock (mutex)
            return lanes.TryGetValue(user, out var lane) ? (lane.Working.Count, lane.Waiting.Count) : (0, 0);
    }

    /// <summary>Users something is held of.</summary>
    public int UserCount
    {
        get
        {
            lock (mutex)
                return lanes.Count;
        }
    }

    /// <summary>Keeps a place for a run that is about to be stored.</summary>
    /// <param name="room">Runs of the user that may wait or work at once.</param>
    /// <returns>Null when the user has none left. Dispose gives an unused place back.</returns>
    public Place? TryReserve(UserId user, int room)
    {
        lock (mutex)
        {
            var lane = GetLane_NeedsLock(user);
            if (lane.Held + lane.Reserved >= room)
            {
                DropIdleLane_NeedsLock(lane);
                return null;
            }

            lane.Reserved++;
            return new Place(this, lane);
        }
    }

    /// <summary>Takes a run without asking for room: one that was accepted before this process started.</summary>
    /// <returns>False when this process holds it already.</returns>
    public bool TryAdd(HeldRun run, int atOnce)
    {
        lock (mutex)
            return TryAdd_NeedsLock(GetLane_NeedsLock(run.User), run, atOnce);
    }

    /// <summary>Waits until <see cref="TryTakeNext"/> is worth a try.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => work.WaitAsync(cancellationToken);

    public HeldRun? TryTakeNext(out TimeSpan waited)
    {
        lock (mutex)
        {
            var run = TakeNext_NeedsLock(out var since);
            waited = run is null ? TimeSpan.Zero : clock.GetElapsedTime(since);
            return run;
        }
    }

    /// <summary>A waiting run that was stopped need not wait for its turn to say so.</summary>
    public void Expedite(HeldRun run)
    {
        lock (mutex)
        {
            if (!lanes.TryGetValue(run.User, out var lane) || lane.TakeOut(run) is null)
                return;
            expedited.Enqueue(run);
        }

        work.Release();
    }

    /// <summary>The process holds the run no longer; what waited for it may go.</summary>
    public void LetGo(HeldRun run)
    {
        lock (mutex)
        {
            if (!held.Remove((run.User, run.Id)))
                return;
            working--;
            var lane = lanes[run.User];
            lane.Held--;
            lane.Working.Remove(run);
            Offer_NeedsLock(lane);
            DropIdleLane_NeedsLock(lane);
        }

        work.Release();
    }

    public void Dispose() => work.Dispose();

    private bool HasRoom_NeedsLock => working < options.Value.MaxRunsAtOnce;

    private HeldRun? TakeNext_NeedsLock(out long since)
    {
        since = clock.GetTimestamp();
        if (expedited.TryDequeue(out var stopped))
        {
            working++;
            lanes[stopped.User].Working.Add(stopped);
            return stopped;
        }

        while (HasRoom_NeedsLock && turns.TryDequeue(out var lane))
        {
            lane.HasTurn = false;
            if (lane.TakeNext() is not { } taken)
                continue;
            working++;
            lane.Working.Add(taken.Run);
            Offer_NeedsLock(lane);
            since = taken.Since;
            return taken.Run;
        }

        return null;
    }

    private bool TryAdd_NeedsLock(UserLane lane, HeldRun run, int atOnce)
    {
        if (!held.TryAdd((run.User, run.Id), run))
            return false;
        lane.AtOnce = atOnce;
        lane.Held++;
        lane.Waiting.AddLast((run, clock.GetTimestamp()));
        Offer_NeedsLock(lane);
        work.Release();
        return true;
    }

    private void Offer_NeedsLock(UserLane lane)
    {
        if (lane.HasTurn || lane.Waiting.Count == 0)
            return;
        lane.HasTurn = true;
        turns.Enqueue(lane);
    }

    private UserLane GetLane_NeedsLock(UserId user)
    {
        if (!lanes.TryGetValue(user, out var lane))
            lanes[user] = lane = new UserLane(user);
        return lane;
    }

    private void DropIdleLane_NeedsLock(UserLane lane)
    {
        if (lane.Held == 0 && lane.Reserved == 0)
            lanes.Remove(lane.User);
    }

    /// <summary>Room kept for one run.</summary>
    internal sealed class Place(RunQueue queue, UserLane lane) : IDisposable
    {
        private bool given;

        /// <returns>Whether the run begins at once: it waits neither for another of its user nor for room in the process.</returns>
        public bool Fill(HeldRun run, int atOnce)
        {
            lock (queue.mutex)
            {
                var isFirst = lane.Held == 0 && queue.HasRoom_NeedsLock;
                return queue.TryAdd_NeedsLock(lane, run, atOnce) && isFirst;
            }
        }

        public void Dispose()
        {
            lock (queue.mutex)
            {
                if (given)
                    return;
                given = true;
                lane.Reserved--;
                queue.DropIdleLane_NeedsLock(lane);
            }
        }
    }

    /// <summary>One user's runs. Gone when it holds none.</summary>
    internal sealed class UserLane(UserId user)
    {
        public UserId User { get; } = user;
        public LinkedList<(HeldRun Run, long Since)> Waiting { get; } = [];
        public HashSet<HeldRun> Working { get; } = [];
        public int AtOnce { get; set; } = 1;
        public int Held { get; set; }
        public int Reserved { get; set; }
        public bool HasTurn { get; set; }

        public IReadOnlyList<RunId> RunsOf(ThreadId thread) =>
            Working.Concat(Waiting.Select(waiting => waiting.Run)).Where(run => run.ThreadId == thread).Select(run => run.Id).ToList();

        /// <summary>The first waiting run whose thread is free, if the user may have one more at work.</summary>
        public (HeldRun Run, long Since)? TakeNext()
        {
            if (Working.Count >= AtOnce)
                return null;
            for (var node = Waiting.First; node is not null; node = node.Next)
            {
                var thread = node.Value.Run.ThreadId;
                if (Working.Any(run => run.ThreadId == thread))
                    continue;
                Waiting.Remove(node);
                return node.Value;
            }

            return null;
        }

        public HeldRun? TakeOut(HeldRun run)
        {
            for (var node = Waiting.First; node is not null; node = node.Next)
            {
                if (node.Value.Run != run)
                    continue;
                Waiting.Remove(node);
                return run;
            }

            return null;
        }
    }
}
