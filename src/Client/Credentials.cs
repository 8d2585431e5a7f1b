using Apex.Protocol.Http;

namespace Apex.Client;

/// <summary>
/// Keeps a session alive: hands out an access token that is good for a while and refreshes it ahead of its end. A refresh token
/// works once, so refreshes are never made side by side. Safe for concurrent use.
/// </summary>
public sealed class Credentials : IDisposable
{
    private static readonly TimeSpan RefreshAhead = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private readonly TimeProvider _time;
    private readonly Action<TokenReply>? _refreshed;
    private volatile Held _held;

    /// <param name="refreshed">Told every new pair, so that it can be kept; called before the token is used.</param>
    public Credentials(TokenReply tokens, TimeProvider? time = null, Action<TokenReply>? refreshed = null)
    {
        _time = time ?? TimeProvider.System;
        _refreshed = refreshed;
        _held = Hold(tokens);
    }

    /// <summary>Credentials of an earlier process: the first use refreshes them.</summary>
    public static Credentials FromRefreshToken(
        string refreshToken, UserView user, TimeProvider? time = null, Action<TokenReply>? refreshed = null) =>
        new(new TokenReply("", refreshToken, "Bearer", 0, user), time, refreshed);

    public UserView User => _held.Tokens.User;

    internal string RefreshToken => _held.Tokens.RefreshToken;

    /// <param name="refresh">Trades a refresh token for a new pair.</param>
    internal async ValueTask<string> GetAccessTokenAsync(
        Func<string, CancellationToken, Task<TokenReply>> refresh, bool force, CancellationToken cancellationToken)
    {
        var before = _held;
        if (!force && IsFresh(before))
            return before.Tokens.AccessToken;

        await _refreshing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Somebody else may have refreshed while we waited.
            if (!ReferenceEquals(before, _held) && IsFresh(_held))
                return _held.Tokens.AccessToken;

            var next = await refresh(_held.Tokens.RefreshToken, cancellationToken).ConfigureAwait(false);
            _refreshed?.Invoke(next);
            _held = Hold(next);
            return next.AccessToken;
        }
        finally
        {
            _refreshing.Release();
        }
    }

    public void Dispose() => _refreshing.Dispose();

    private Held Hold(TokenReply tokens) => new(tokens, _time.GetUtcNow() + TimeSpan.FromSeconds(tokens.ExpiresIn));

    private bool IsFresh(Held held) => held.Tokens.AccessToken.Length > 0 && _time.GetUtcNow() < held.ExpiresAt - RefreshAhead;

    private sealed record Held(TokenReply Tokens, DateTimeOffset ExpiresAt);
}
