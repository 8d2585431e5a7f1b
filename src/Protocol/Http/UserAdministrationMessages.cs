using System.Text.Json.Serialization;
using Apex.Protocol.Ids;

namespace Apex.Protocol.Http;

/// <summary>An account as administrators see it.</summary>
/// <param name="DisabledAt">Since when nobody can log in to it; null for an account that is open.</param>
public sealed record ManagedUser(
    UserId Id,
    string Email,
    string? Name,
    Tier Tier,
    UserRole Role,
    string OrganisationId,
    DateTimeOffset CreatedAt,
    DateTimeOffset? DisabledAt = null);

/// <param name="Next">Where the next page begins, as <c>cursor</c>; null on the last.</param>
public sealed record ManagedUserList(IReadOnlyList<ManagedUser> Users, string? Next = null);

/// <summary>What is to change of an account; null leaves it. At least one is needed.</summary>
/// <param name="Disabled">True ends the account's sessions and stops its runs; false opens it again.</param>
public sealed record ManagedUserRequest(Tier? Tier = null, UserRole? Role = null, bool? Disabled = null);

/// <param name="SessionsEnded">Log-ins that lived until now.</param>
/// <param name="RunsStopped">Runs at work or waiting that were asked to stop.</param>
/// <param name="RunsWoken">Runs that waited for a budget and go on with that of the new tier.</param>
public sealed record ManagedUserReply(ManagedUser User, int SessionsEnded, int RunsStopped, int RunsWoken);

/// <summary>What an account may do beside working with its own; each may what those before it may.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<UserRole>))]
public enum UserRole
{
    User,
    Developer,
    Admin,
}
