using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Storage.Accounts;
using Microsoft.AspNetCore.Identity;

namespace Apex.Server.Accounts;

/// <summary>
/// Log-in by e-mail and password, with a lock after repeated failures. An unknown e-mail costs and says the same as a wrong password.
/// </summary>
internal sealed class LogIns(
    IAccountStore accounts, Passwords passwords, Sessions sessions, FirstAdministrator first, TimeProvider time) : IDisposable
{
    public const int FailuresBeforeLock = 5;

    public static readonly TimeSpan LockWindow = TimeSpan.FromMinutes(15);

    /// <summary>Attempts on one e-mail go one after the other, or parallel guesses would all be made before the first is counted.</summary>
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    public async Task<SignInOutcome> LogInAsync(LoginRequest request, string? device, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(request.Email))
            return new SignInOutcome.Refused(ErrorCode.InvalidArguments, "email is missing.", "email");
        if (string.IsNullOrEmpty(request.Password))
            return new SignInOutcome.Refused(ErrorCode.InvalidArguments, "password is missing.", "password");
        if (!EmailAddress.TryNormalise(request.Email, out var email))
            return WrongCredentials();

        var turn = _turns[(uint)email.GetHashCode(StringComparison.Ordinal) % (uint)_turns.Length];
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await LogInInTurnAsync(email, request.Password, device, cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose()
    {
        foreach (var turn in _turns)
            turn.Dispose();
    }

    private async Task<SignInOutcome> LogInInTurnAsync(string email, string password, string? device, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (failures, last) = await accounts.CountLoginFailuresAsync(email, now - LockWindow, cancellationToken);
        if (failures >= FailuresBeforeLock)
        {
            var wait = (last ?? now) + LockWindow - now;
            return new SignInOutcome.Refused(
                ErrorCode.AccountLocked,
                $"{FailuresBeforeLock} log-ins failed within {LockWindow.TotalMinutes:F0} minutes; " +
                $"this account is locked for {Math.Ceiling(wait.TotalMinutes):F0} more.",
                retryAfter: wait);
        }

        var user = await accounts.FindUserByEmailAsync(email, cancellationToken);
        var verdict = await passwords.VerifyAsync(user?.PasswordHash, password, cancellationToken);
        if (user is null || verdict == PasswordVerificationResult.Failed)
        {
            await accounts.RecordLoginFailureAsync(email, now, LockWindow, cancellationToken);
            await accounts.AppendAuditAsync(new AuditEntry(now, "login_failed", user?.Id, email, null), cancellationToken);
            return WrongCredentials();
        }

        if (failures > 0)
            await accounts.ClearLoginFailuresAsync(email, cancellationToken);
        if (user.DisabledAt is not null)
        {
            await accounts.AppendAuditAsync(new AuditEntry(now, "login_refused", user.Id, email, "The account is disabled."), cancellationToken);
            return new SignInOutcome.Refused(ErrorCode.Forbidden, AccessTokens.DisabledWords);
        }

        if (verdict == PasswordVerificationResult.SuccessRehashNeeded)
            await accounts.UpdatePasswordAsync(user.Id, await passwords.HashAsync(password, cancellationToken), cancellationToken);

        var tokens = await sessions.OpenAsync(user, device, cancellationToken);
        await accounts.AppendAuditAsync(new AuditEntry(now, "logged_in", user.Id, email, device), cancellationToken);
        first.HasLoggedIn(user);
        return new SignInOutcome.SignedIn(tokens);
    }

    private static SignInOutcome.Refused WrongCredentials() =>
        new(ErrorCode.InvalidCredentials, "The e-mail or the password is wrong.");
}
