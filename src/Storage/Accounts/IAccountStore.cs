using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Storage.Accounts;

/// <summary>Accounts, sessions and refresh tokens. Tokens are kept as hashes only. Each call is one transaction.</summary>
public interface IAccountStore
{
    /// <returns>False when the e-mail is taken (compared without case).</returns>
    ValueTask<bool> TryCreateUserAsync(UserRecord user, CancellationToken cancellationToken);

    ValueTask<UserRecord?> FindUserByEmailAsync(string email, CancellationToken cancellationToken);

    ValueTask<UserRecord?> FindUserAsync(UserId user, CancellationToken cancellationToken);

    /// <summary>Accounts that are not disabled.</summary>
    ValueTask<IReadOnlyList<UserId>> ListUsersInRoleAsync(string role, CancellationToken cancellationToken);

    /// <summary>Every account in the order of the e-mails. For administrators.</summary>
    /// <param name="search">Part of the e-mail, compared without case; null for all.</param>
    /// <param name="after">As the page before gave it; null for the first.</param>
    /// <param name="limit">1 to 100.</param>
    ValueTask<UserRecordPage> ListUsersAsync(string? search, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Changes an account with its audit; one that is disabled loses its sessions with it. Refused where nobody would be left who can log in
    /// with this role.
    /// </summary>
    ValueTask<UserChangeOutcome> ChangeUserAsync(UserChangeOrder order, string administrator, CancellationToken cancellationToken);

    /// <summary>Whether anybody belongs to the organisation; there is no other record of one.</summary>
    ValueTask<bool> HasMembersAsync(string organisationId, CancellationToken cancellationToken);

    ValueTask<long> CountUsersAsync(CancellationToken cancellationToken);

    ValueTask UpdatePasswordAsync(UserId user, string passwordHash, CancellationToken cancellationToken);

    ValueTask CreateSessionAsync(SessionRecord session, string refreshTokenHash, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces a live refresh token by the next one. A token that was replaced before proves a theft: the whole session is revoked.
    /// </summary>
    ValueTask<RefreshOutcome> RotateRefreshTokenAsync(
        string presentedHash, string nextHash, DateTimeOffset now, DateTimeOffset nextExpiresAt, CancellationToken cancellationToken);

    ValueTask<SessionRecord?> FindSessionAsync(string sessionId, CancellationToken cancellationToken);

    /// <summary>The session, whether it lives or not, and its user as he is now; null for an unknown one.</summary>
    ValueTask<(SessionRecord Session, UserRecord User)?> FindSignedInAsync(string sessionId, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<SessionRecord>> ListSessionsAsync(UserId user, CancellationToken cancellationToken);

    /// <returns>False when the user has no such live session.</returns>
    ValueTask<bool> RevokeSessionAsync(UserId user, string sessionId, DateTimeOffset now, CancellationToken cancellationToken);

    /// <returns>The session the token belonged to, now revoked; null for an unknown token.</returns>
    ValueTask<SessionRecord?> RevokeByRefreshTokenAsync(string hash, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Counts a failed log-in for this e-mail and returns how many fell into the window.</summary>
    ValueTask<int> RecordLoginFailureAsync(string email, DateTimeOffset now, TimeSpan window, CancellationToken cancellationToken);

    ValueTask<(int Count, DateTimeOffset? Last)> CountLoginFailuresAsync(
        string email, DateTimeOffset since, CancellationToken cancellationToken);

    ValueTask ClearLoginFailuresAsync(string email, CancellationToken cancellationToken);

    ValueTask AppendAuditAsync(AuditEntry entry, CancellationToken cancellationToken);
}

/// <param name="OrganisationId">Tenant whose usage log this user works on.</param>
/// <param name="PasswordHash">Null for accounts that log in another way.</param>
/// <param name="DisabledAt">Since when nobody can log in to it; null for an account that is open.</param>
public sealed record UserRecord(
    UserId Id,
    string Email,
    string? Name,
    string OrganisationId,
    Tier Tier,
    IReadOnlyList<string> Roles,
    string? PasswordHash,
    DateTimeOffset CreatedAt,
    DateTimeOffset? DisabledAt = null);

public sealed record SessionRecord(
    string Id, UserId User, string? Device, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt = null);

public abstract record RefreshOutcome
{
    private RefreshOutcome()
    {
    }

    public sealed record Rotated(SessionRecord Session) : RefreshOutcome;

    public sealed record Unknown : RefreshOutcome;

    public sealed record Expired : RefreshOutcome;

    /// <summary>The session was revoked because of it.</summary>
    public sealed record Reused(SessionRecord Session) : RefreshOutcome;
}

/// <param name="Action">For instance <c>login_failed</c>.</param>
public sealed record AuditEntry(DateTimeOffset At, string Action, UserId? User, string? Subject, string? Detail);
