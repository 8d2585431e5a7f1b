using System.Security.Cryptography;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Accounts;

namespace Apex.Server.Accounts;

/// <summary>Sees to it that somebody can administer a new server, without a question asked.</summary>
internal sealed class FirstAdministrator(IAccountStore accounts, Passwords passwords, ApexServerOptions options, TimeProvider time)
{
    private const string DefaultEmail = "admin@localhost";

    // No letters or digits that look alike; 4 groups of 5 give about 98 bits.
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    private FirstRunCredentials? _credentials;
    private volatile string? _awaited;

    /// <summary>The administrator was made in this run of the server and has not logged in yet.</summary>
    public bool IsAwaited => _awaited is not null;

    /// <summary>The generated credentials, the first time they are asked for; afterwards, and when none were generated, null.</summary>
    public FirstRunCredentials? TakeCredentials() => Interlocked.Exchange(ref _credentials, null);

    public void HasLoggedIn(UserRecord user)
    {
        if (user.Email == _awaited)
            _awaited = null;
    }

    /// <summary>
    /// Creates the administrator of the options if there is no such account, or a default one if there are no accounts at all. An
    /// account that exists is left as it is.
    /// </summary>
    /// <exception cref="InvalidOperationException">The options name no e-mail address, or a password against the rules.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        var email = Email();
        if (options.AdminEmail is null && await accounts.CountUsersAsync(cancellationToken) > 0)
            return;
        if (await accounts.FindUserByEmailAsync(email, cancellationToken) is not null)
            return;

        if (options.AdminPassword is { } given && PasswordRules.FaultOf(given, email) is { } fault)
            throw new InvalidOperationException($"admin_password cannot be used: {fault}");

        var password = options.AdminPassword ?? Generate();
        if (!await accounts.TryCreateUserAsync(
                NewAdministrator(email, await passwords.HashAsync(password, cancellationToken)), cancellationToken))
            return;

        _awaited = email;
        if (options.AdminPassword is null)
            _credentials = new FirstRunCredentials(email, password);
    }

    /// <summary>The account as whom the command line acts when it runs the server inside its own process.</summary>
    public async Task<UserRecord> FindOrCreateAsync(CancellationToken cancellationToken)
    {
        var email = Email();
        if (await accounts.FindUserByEmailAsync(email, cancellationToken) is { } found)
            return found;

        var created = NewAdministrator(email, passwordHash: null);
        return await accounts.TryCreateUserAsync(created, cancellationToken)
            ? created
            : await accounts.FindUserByEmailAsync(email, cancellationToken)
                ?? throw new InvalidOperationException($"The account {email} can neither be created nor found.");
    }

    private string Email() => EmailAddress.TryNormalise(options.AdminEmail ?? DefaultEmail, out var email)
        ? email
        : throw new InvalidOperationException($"admin_email '{options.AdminEmail}' is not an e-mail address");

    private UserRecord NewAdministrator(string email, string? passwordHash) => new(
        UserId.New(), email, "Administrator", Registrations.SharedOrganisation, Tier.Enterprise, Roles.OfAdmin, passwordHash,
        time.GetUtcNow());

    private static string Generate() =>
        string.Join('-', Enumerable.Range(0, 4).Select(_ => new string(RandomNumberGenerator.GetItems<char>(Alphabet, 5))));
}
