using System.Collections.Concurrent;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Server.Limits;

/// <summary>How many sockets a user may hold open. Safe for concurrent use.</summary>
internal sealed class ConnectionPermits(TierTable tiers, TimeProvider time)
{
    /// <summary>How long an upgrade above the limit waits for a place.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<UserId, Places> _users = new();

    /// <summary>
    /// Takes a place, waiting up to <see cref="LongestWait"/> for one; first come, first served. As many may wait as may be
    /// connected; more are refused at once.
    /// </summary>
    /// <returns>Null when there was none; else dispose it when the socket is closed. Disposing twice does nothing.</returns>
    public async ValueTask<IDisposable?> AcquireAsync(UserId user, Tier tier, CancellationToken cancellationToken)
    {
        var limit = tiers.For(tier).Connections;
        while (true)
        {
            var places = _users.GetOrAdd(user, static _ => new Places());
            switch (places.Enter(limit))
            {
                case Entry.Gone:
                    continue;
                case Entry.Full:
                    return null;
                case Entry.Taken:
                    return new Permit(this, user, places);
                case Entry.Waiting waiting:
                    return await WaitAsync(user, places, waiting.Turn, cancellationToken);
            }
        }
    }

    /// <summary>Sockets this user holds now.</summary>
    public int CountOf(UserId user) => _users.TryGetValue(user, out var places) ? places.Held : 0;

    /// <summary>How many wait for a place of this user now.</summary>
    public int WaitingOf(UserId user) => _users.TryGetValue(user, out var places) ? places.Waiting : 0;

    private async ValueTask<IDisposable?> WaitAsync(
        UserId user, Places places, TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        try
        {
            await turn.Task.WaitAsync(LongestWait, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // The turn may have come in the same moment; then the place is ours and goes to the next in line.
            if (!places.GiveUp(turn))
                Release(user, places);
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }

        return new Permit(this, user, places);
    }

    private void Release(UserId user, Places places)
    {
        if (places.Leave())
            _users.TryRemove(KeyValuePair.Create(user, places));
    }

    private abstract record Entry
    {
        public static readonly Entry TakenEntry = new Taken();
        public static readonly Entry FullEntry = new Full();
        public static readonly Entry GoneEntry = new Gone();

        public sealed record Taken : Entry;

        public sealed record Full : Entry;

        /// <summary>The user's last socket closed just now; there is a new object for the next one.</summary>
        public sealed record Gone : Entry;

        public sealed record Waiting(TaskCompletionSource Turn) : Entry;
    }

    private sealed class Places
    {
        private readonly Lock _lock = new();
        private readonly LinkedList<TaskCompletionSource> _waiting = [];
        private int _held;
        private bool _gone;

        public int Held
        {
            get
            {
                lock (_lock)
                    return _held;
            }
        }

        public int Waiting
        {
            get
            {
                lock (_lock)
                    return _waiting.Count;
            }
        }

        public Entry Enter(int limit)
        {
            lock (_lock)
            {
                if (_gone)
                    return Entry.GoneEntry;
                if (_held < limit)
                {
                    _held++;
                    return Entry.TakenEntry;
                }

                if (_waiting.Count >= limit)
                    return Entry.FullEntry;

                var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.AddLast(turn);
                return new Entry.Waiting(turn);
            }
        }

        /// <returns>False when the turn had come already.</returns>
        public bool GiveUp(TaskCompletionSource turn)
        {
            lock (_lock)
                return _waiting.Remove(turn);
        }

        /// <returns>True when nobody holds or awaits a place any more.</returns>
        public bool Leave()
        {
            lock (_lock)
            {
                if (_waiting.First is { } first)
                {
                    // The place passes on; the count stays.
                    _waiting.RemoveFirst();
                    first.Value.SetResult();
                    return false;
                }

                return _gone = --_held == 0;
            }
        }
    }

    private sealed class Permit(ConnectionPermits owner, UserId user, Places places) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
                owner.Release(user, places);
        }
    }
}
