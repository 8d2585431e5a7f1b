using System.Collections.Concurrent;

namespace Apex.Server.Accounts;

/// <summary>
/// Tells whoever holds something open for a session that it ended. One process owns a data folder, so every revocation passes through
/// here and is told at once. Safe for concurrent use.
/// </summary>
internal sealed class SessionRevocations(ApexServerOptions options, TimeProvider time)
{
    private const int SweepAbove = 1_024;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _revoked = new();
    private readonly Dictionary<string, List<Watcher>> _watchers = [];
    private readonly Lock _lock = new();

    /// <summary>
    /// Calls <paramref name="revoked"/> once when the session ends; at once, before this returns, when it has ended already. It must
    /// return quickly and not throw.
    /// </summary>
    public IDisposable Watch(string sessionId, Action revoked)
    {
        var watcher = new Watcher(this, sessionId, revoked);
        lock (_lock)
        {
            if (!_watchers.TryGetValue(sessionId, out var ofSession))
                _watchers[sessionId] = ofSession = [];
            ofSession.Add(watcher);
        }

        // Asked after joining the list: a revocation between a caller's check and this call is told too.
        if (IsRevoked(sessionId))
            watcher.Tell();
        return watcher;
    }

    /// <summary>Remembered for as long as an access token of the session could still be shown.</summary>
    public bool IsRevoked(string sessionId) => _revoked.ContainsKey(sessionId);

    /// <summary>Call after the store has forgotten the session.</summary>
    public void Revoke(string sessionId)
    {
        Sweep();
        _revoked[sessionId] = time.GetUtcNow() + (2 * options.AccessTokenLifetime);
        List<Watcher> told;
        lock (_lock)
        {
            if (!_watchers.Remove(sessionId, out told!))
                return;
        }

        foreach (var watcher in told)
            watcher.Tell();
    }

    private void Sweep()
    {
        if (_revoked.Count <= SweepAbove)
            return;

        var now = time.GetUtcNow();
        foreach (var (session, until) in _revoked)
        {
            if (until < now)
                _revoked.TryRemove(KeyValuePair.Create(session, until));
        }
    }

    private void Remove(Watcher watcher)
    {
        lock (_lock)
        {
            if (_watchers.TryGetValue(watcher.SessionId, out var ofSession) && ofSession.Remove(watcher) && ofSession.Count == 0)
                _watchers.Remove(watcher.SessionId);
        }
    }

    private sealed class Watcher(SessionRevocations owner, string sessionId, Action revoked) : IDisposable
    {
        private int _told;

        public string SessionId => sessionId;

        public void Tell()
        {
            if (Interlocked.Exchange(ref _told, 1) == 0)
                revoked();
        }

        public void Dispose()
        {
            Interlocked.Exchange(ref _told, 1);
            owner.Remove(this);
        }
    }
}
