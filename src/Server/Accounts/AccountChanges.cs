using Apex.Protocol.Ids;
using Apex.Storage.Accounts;

namespace Apex.Server.Accounts;

/// <summary>
/// Tells whoever holds something open for a user that an administrator changed the account. One process owns a data folder, so every
/// change passes through here and is told at once. Safe for concurrent use.
/// </summary>
internal sealed class AccountChanges
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UserId, UserRecord> _latest = [];
    private readonly Dictionary<UserId, List<Watcher>> _watchers = [];

    /// <summary>The account as it was changed last in this run of the server; null when it was not.</summary>
    public UserRecord? LatestOf(UserId user)
    {
        lock (_lock)
            return _latest.GetValueOrDefault(user);
    }

    /// <summary>
    /// Calls <paramref name="changed"/> after each change, and at once when there was one: a change between a caller's check and this call
    /// is told too. It asks for <see cref="LatestOf"/> itself, must return quickly and not throw.
    /// </summary>
    public IDisposable Watch(UserId user, Action changed)
    {
        var watcher = new Watcher(this, user, changed);
        bool wasChanged;
        lock (_lock)
        {
            if (!_watchers.TryGetValue(user, out var ofUser))
                _watchers[user] = ofUser = [];
            ofUser.Add(watcher);
            wasChanged = _latest.ContainsKey(user);
        }

        if (wasChanged)
            changed();
        return watcher;
    }

    /// <summary>Call after it is stored, in the order stored.</summary>
    public void Tell(UserRecord user)
    {
        Watcher[] told;
        lock (_lock)
        {
            _latest[user.Id] = user;
            told = _watchers.TryGetValue(user.Id, out var ofUser) ? [.. ofUser] : [];
        }

        foreach (var watcher in told)
            watcher.Changed();
    }

    private void Remove(Watcher watcher)
    {
        lock (_lock)
        {
            if (_watchers.TryGetValue(watcher.User, out var ofUser) && ofUser.Remove(watcher) && ofUser.Count == 0)
                _watchers.Remove(watcher.User);
        }
    }

    private sealed class Watcher(AccountChanges owner, UserId user, Action changed) : IDisposable
    {
        public UserId User => user;

        public void Changed() => changed();

        public void Dispose() => owner.Remove(this);
    }
}
