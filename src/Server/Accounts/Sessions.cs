using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Accounts;

namespace Apex.Server.Accounts;

/// <summary>
/// A session is one log-in on one device: it is renewed by refresh tokens that work once each, and ends by log-out, by revocation,
/// by theft of such a token, or unused after a while. Safe for concurrent use.
/// </summary>
internal sealed class Sessions(
    IAccountStore accounts, AccessTokens tokens, SessionRevocations revocations, ApexServerOptions options, TimeProvider time)
{
    private const int MaxDeviceCharacters = 200;

    /// <param name="device">What the client says it is; cut to 200 characters.</param>
    /// <param name="roles">More than those of the user; null for just those. They last until the first refresh.</param>
    public async Task<TokenReply> OpenAsync(
        UserRecord user, string? device, CancellationToken cancellationToken, IReadOnlyList<string>? roles = null)
    {
        var now = time.GetUtcNow();
        var session = new SessionRecord(
            "session_" + Guid.CreateVersion7().ToString("N"), user.Id, Cut(device), now, now, now + options.SessionLifetime);
        var refresh = NewRefreshToken();
        await accounts.CreateSessionAsync(session, HashOf(refresh), cancellationToken);
        return Reply(user, session.Id, refresh, roles);
    }

    public async Task<SignInOutcome> RefreshAsync(string? refreshToken, CancellationToken cancellationToken)
    {
        if (refreshToken is not { Length: > 0 and <= 256 })
        {
            return new SignInOutcome.Refused(
                ErrorCode.Unauthorized, "refresh_token is missing or not one of this server's.", "refresh_token");
        }

        var now = time.GetUtcNow();
        var next = NewRefreshToken();
        var outcome = await accounts.RotateRefreshTokenAsync(
            HashOf(refreshToken), HashOf(next), now, now + options.SessionLifetime, cancellationToken);
        switch (outcome)
        {
            case RefreshOutcome.Rotated(var session):
                var user = await accounts.FindUserAsync(session.User, cancellationToken);
                return user is null or { DisabledAt: not null } ? Unknown() : new SignInOutcome.SignedIn(Reply(user, session.Id, next, null));
            case RefreshOutcome.Reused(var session):
                revocations.Revoke(session.Id);
                await accounts.AppendAuditAsync(
                    new AuditEntry(now, "refresh_reused", session.User, session.Id, "The session was revoked."), cancellationToken);
                return new SignInOutcome.Refused(
                    ErrorCode.Unauthorized, "This refresh token was used before, so the whole session has been ended; log in again.");
            case RefreshOutcome.Expired:
                return new SignInOutcome.Refused(ErrorCode.TokenExpired, "The session has expired; log in again.");
            default:
                return Unknown();
        }
    }

    /// <summary>Ends the session of this refresh token; an unknown one is no error, for the wish is fulfilled.</summary>
    public async Task LogOutAsync(string refreshToken, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (await accounts.RevokeByRefreshTokenAsync(HashOf(refreshToken), now, cancellationToken) is not { } session)
            return;

        revocations.Revoke(session.Id);
        await accounts.AppendAuditAsync(new AuditEntry(now, "logged_out", session.User, session.Id, null), cancellationToken);
    }

    /// <returns>False when the user has no such live session.</returns>
    public async Task<bool> RevokeAsync(UserId user, string sessionId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (!await accounts.RevokeSessionAsync(user, sessionId, now, cancellationToken))
            return false;

        revocations.Revoke(sessionId);
        await accounts.AppendAuditAsync(new AuditEntry(now, "session_revoked", user, sessionId, null), cancellationToken);
        return true;
    }

    public async Task<SessionList> ListAsync(Principal principal, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var sessions = await accounts.ListSessionsAsync(principal.User, cancellationToken);
        return new SessionList(
        [
            .. sessions
                .Where(session => session.RevokedAt is null && session.ExpiresAt > now)
                .OrderByDescending(session => session.LastUsedAt)
                .Select(session => new SessionView(
                    session.Id, session.Device, session.CreatedAt, session.LastUsedAt, session.Id == principal.SessionId)),
        ]);
    }

    private TokenReply Reply(UserRecord user, string sessionId, string refreshToken, IReadOnlyList<string>? roles)
    {
        var access = tokens.Issue(user, sessionId, out var expires, roles);
        var seconds = (int)Math.Round((expires - time.GetUtcNow()).TotalSeconds);
        return new TokenReply(access, refreshToken, "Bearer", seconds, ViewOf(user));
    }

    public static UserView ViewOf(UserRecord user) => new(user.Id, user.Email, user.Name, user.Tier, user.Roles, user.OrganisationId);

    private static SignInOutcome.Refused Unknown() =>
        new(ErrorCode.Unauthorized, "The refresh token is unknown or its session has ended; log in again.");

    private static string NewRefreshToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>A plain digest suffices: what is hashed has 256 random bits, so it cannot be guessed.</summary>
    private static string HashOf(string refreshToken) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(refreshToken)));

    private static string? Cut(string? device) => device is { Length: > MaxDeviceCharacters } ? device[..MaxDeviceCharacters] : device;
}
