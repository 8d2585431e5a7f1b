using System.Text.Json.Serialization;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Server.Accounts;

/// <summary>The claims of an access token. Clients of the Netra dialect read several of them without verifying.</summary>
/// <param name="Exp">Seconds since 1970, like <paramref name="Iat"/> and <paramref name="Nbf"/>.</param>
internal sealed record AccessTokenPayload(
    UserId Sub,
    UserId UserId,
    string Email,
    long Iat,
    long Nbf,
    long Exp,
    string Iss,
    string Aud,
    string Jti,
    string TokenType,
    string Sid,
    string Org,
    Tier Tier,
    IReadOnlyList<string> Roles,
    IReadOnlyList<string> Permissions);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AccessTokenPayload))]
internal sealed partial class AccessTokenJson : JsonSerializerContext;
