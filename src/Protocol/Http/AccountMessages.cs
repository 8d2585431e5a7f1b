using System.Text.Json.Serialization;
using Apex.Protocol.Ids;

namespace Apex.Protocol.Http;

public sealed record RegisterRequest(string? Email, string? Password, string? Name = null);

public sealed record LoginRequest(string? Email, string? Password);

public sealed record RefreshRequest(string? RefreshToken);

/// <param name="ExpiresIn">Seconds until the access token ends.</param>
public sealed record TokenReply(string AccessToken, string RefreshToken, string TokenType, int ExpiresIn, UserView User);

/// <param name="OrganisationId">Whose usage log the user works on, and whose budgets he shares.</param>
public sealed record UserView(
    UserId Id, string Email, string? Name, Tier Tier, IReadOnlyList<string> Roles, string? OrganisationId = null);

/// <summary>What an account may use; limits by tier stand in docs/protocol.md.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<Tier>))]
public enum Tier
{
    Free,
    Early,
    Mid,
    Enterprise,
}

public sealed record SessionView(string Id, string? Device, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, bool Current);

public sealed record SessionList(IReadOnlyList<SessionView> Sessions);

public sealed record AuthConfig(bool Registration, bool FirstRun, IReadOnlyList<string> OauthProviders, bool DevelopmentLogin);

/// <summary>Names for <c>/auth/oauth/{provider}/start</c>.</summary>
public sealed record OauthProviderList(IReadOnlyList<string> Providers);

/// <param name="TtlSeconds">30 to 3,600; default 300.</param>
public sealed record TicketRequest(int? TtlSeconds = null);

public sealed record TicketReply(string TicketId, DateTimeOffset ExpiresAt, string WebsocketUrl);
