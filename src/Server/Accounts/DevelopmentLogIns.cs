using System.Security.Cryptography;
using System.Text;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Accounts;

namespace Apex.Server.Accounts;

/// <summary>
/// Log-in without a password, for developing with clients of the Netra dialect. It reaches accounts that have no password only, so it
/// opens nothing that is somebody's.
/// </summary>
internal sealed class DevelopmentLogIns(IAccountStore accounts, Sessions sessions, ApexServerOptions options, TimeProvider time)
{
    private const string DefaultEmail = "developer@localhost";

    /// <param name="bypassKey">What the client sent. The words of the refusals are those that existing clients look for.</param>
    public Task<SignInOutcome> LogInWithKeyAsync(
        string? bypassKey, RegisterRequest? request, string? device, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(bypassKey))
            return Refused("E2E bypass key required in the header X-E2E-Bypass-Key.");

        return options.BypassKey is { } key && AreSame(bypassKey, key)
            ? LogInAsync(request, device, cancellationToken)
            : Refused("Invalid E2E bypass key: it is not the one of this server's settings (bypass_key).");
    }

    public async Task<SignInOutcome> LogInAsync(RegisterRequest? request, string? device, CancellationToken cancellationToken)
    {
        if (!EmailAddress.TryNormalise(request?.Email ?? DefaultEmail, out var email))
            return new SignInOutcome.Refused(ErrorCode.InvalidArguments, "email must be an address as name@example.com.", "email");

        var user = await accounts.FindUserByEmailAsync(email, cancellationToken)
            ?? await CreateAsync(email, request?.Name, cancellationToken);
        if (user is { DisabledAt: not null })
            return new SignInOutcome.Refused(ErrorCode.Forbidden, AccessTokens.DisabledWords);
        return user is { PasswordHash: null }
            ? new SignInOutcome.SignedIn(await sessions.OpenAsync(user, device, cancellationToken))
            : new SignInOutcome.Refused(ErrorCode.Forbidden, $"{email} has a password, so the development log-in does not open it.");
    }

    private async Task<UserRecord?> CreateAsync(string email, string? name, CancellationToken cancellationToken)
    {
        // The tier of log uploads: their clients start dozens of runs at once.
        var user = new UserRecord(
            UserId.New(), email, name, Registrations.SharedOrganisation, Tier.Enterprise, Roles.OfDeveloper, null, time.GetUtcNow());
        return await accounts.TryCreateUserAsync(user, cancellationToken)
            ? user
            : await accounts.FindUserByEmailAsync(email, cancellationToken);
    }

    private static Task<SignInOutcome> Refused(string message) =>
        Task.FromResult<SignInOutcome>(new SignInOutcome.Refused(ErrorCode.Unauthorized, message));

    private static bool AreSame(string one, string other) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(one)), SHA256.HashData(Encoding.UTF8.GetBytes(other)));
}
