using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Accounts;

namespace Apex.Server.Accounts;

/// <summary>Who asks, as verified. The only source of an owner: ids in a payload are claims.</summary>
/// <param name="OrganisationId">Tenant whose usage log this user works on.</param>
/// <param name="SessionId">The log-in this came from; ends with it.</param>
/// <param name="ExpiresAt">When the access token ends.</param>
public sealed record Principal(
    UserId User, string OrganisationId, string Email, Tier Tier, IReadOnlyList<string> Roles, string SessionId, DateTimeOffset ExpiresAt)
{
    public bool Is(string role) => Roles.Contains(role, StringComparer.Ordinal);

    /// <summary>The same log-in with the account as it is now.</summary>
    internal Principal As(UserRecord user) => this with
    {
        OrganisationId = user.OrganisationId,
        Email = user.Email,
        Tier = user.Tier,
        Roles = Accounts.Roles.Shared(Is(Accounts.Roles.LocalOwner) ? Roles : user.Roles),
    };
}
