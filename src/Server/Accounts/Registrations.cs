using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Accounts;

namespace Apex.Server.Accounts;

/// <summary>Makes accounts for people who register themselves, as far as the options let them.</summary>
internal sealed class Registrations(
    IAccountStore accounts, Passwords passwords, Sessions sessions, ApexServerOptions options, TimeProvider time)
{
    /// <summary>The organisation of the administrator, which everybody joins where registration is shared.</summary>
    public const string SharedOrganisation = "default";

    private const int MaxNameCharacters = 200;

    public async Task<SignInOutcome> RegisterAsync(RegisterRequest request, string? device, CancellationToken cancellationToken)
    {
        if (options.Registration == RegistrationPolicy.Closed)
        {
            return new SignInOutcome.Refused(
                ErrorCode.Forbidden, "Registration is closed on this server (setting registration); ask its administrator.");
        }

        if (!EmailAddress.TryNormalise(request.Email, out var email))
        {
            return new SignInOutcome.Refused(
                ErrorCode.InvalidArguments, "email must be an address as name@example.com, at most 254 characters.", "email");
        }

        if (request.Password is not { } password)
            return new SignInOutcome.Refused(ErrorCode.WeakPassword, "password is missing.", "password");
        if (PasswordRules.FaultOf(password, email) is { } fault)
            return new SignInOutcome.Refused(ErrorCode.WeakPassword, fault, "password");
        if (request.Name is { Length: > MaxNameCharacters })
            return new SignInOutcome.Refused(ErrorCode.InvalidArguments, $"name has more than {MaxNameCharacters} characters.", "name");

        var user = new UserRecord(
            UserId.New(), email, Blank(request.Name), OrganisationOfNewcomer(), options.RegisteredTier, Roles.OfUser,
            await passwords.HashAsync(password, cancellationToken), time.GetUtcNow());
        if (!await accounts.TryCreateUserAsync(user, cancellationToken))
            return new SignInOutcome.Refused(ErrorCode.EmailTaken, $"There is an account for {email} already; log in instead.", "email");

        await accounts.AppendAuditAsync(new AuditEntry(user.CreatedAt, "registered", user.Id, email, null), cancellationToken);
        return new SignInOutcome.SignedIn(await sessions.OpenAsync(user, device, cancellationToken));
    }

    private string OrganisationOfNewcomer() => options.Registration == RegistrationPolicy.SharedOrganisation
        ? SharedOrganisation
        : "org_" + Guid.CreateVersion7().ToString("N");

    private static string? Blank(string? name) => string.IsNullOrWhiteSpace(name) ? null : name.Trim();
}
