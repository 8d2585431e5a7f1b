using System.Text.Json;
using Apex.Protocol.Errors;
using Apex.Storage.Accounts;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Apex.Server.Accounts;

/// <summary>
/// Issues and verifies access tokens: JWT, HS256 with a key of this server, short-lived, each belonging to a session that can be
/// revoked. Safe for concurrent use.
/// </summary>
internal sealed class AccessTokens(
    ApexServerOptions options, SigningKey key, SessionRevocations revocations, IAccountStore accounts, TimeProvider time)
{
    private const string Issuer = "apex";
    private const string Audience = "apex";
    private const string Kind = "access";
    private const int MaxTokenCharacters = 8 * 1024;

    public const string DisabledWords = "An administrator disabled this account; ask one to open it again.";

    /// <summary>How far the clocks of two machines may differ.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private static readonly TokenVerdict.Refused Malformed = Unauthorized("The access token is not one of this server's.");
    private static readonly TokenVerdict Expired =
        new TokenVerdict.Refused(ErrorCode.TokenExpired, "The access token has expired; refresh it or log in again.");
    private static readonly TokenVerdict.Refused Disabled = new(ErrorCode.Forbidden, DisabledWords);
    private static readonly TokenVerdict.Refused Revoked = Unauthorized("The session was logged out or revoked; log in again.");

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = MaxTokenCharacters };
    private readonly TokenValidationParameters _checks = new()
    {
        ValidIssuer = Issuer,
        ValidAudience = Audience,
        ValidTypes = ["JWT"],
        IssuerSigningKey = key.SecurityKey,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        // The times are checked below, by our own clock.
        ValidateLifetime = false,
    };

    /// <param name="roles">Those of the user unless the session has more.</param>
    public string Issue(UserRecord user, string sessionId, out DateTimeOffset expires, IReadOnlyList<string>? roles = null)
    {
        var now = time.GetUtcNow();
        expires = DateTimeOffset.FromUnixTimeSeconds((now + options.AccessTokenLifetime).ToUnixTimeSeconds());
        roles ??= user.Roles;
        var payload = new AccessTokenPayload(
            user.Id, user.Id, user.Email, now.ToUnixTimeSeconds(), now.ToUnixTimeSeconds(), expires.ToUnixTimeSeconds(), Issuer, Audience,
            Guid.NewGuid().ToString("N"), Kind, sessionId, user.OrganisationId, user.Tier, roles, Roles.PermissionsOf(roles));
        return _handler.CreateToken(JsonSerializer.Serialize(payload, AccessTokenJson.Default.AccessTokenPayload), key.Credentials);
    }

    /// <summary>Checks signature, algorithm, issuer, audience and times, and that the session lives.</summary>
    public async ValueTask<TokenVerdict> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        if (ReadVerified(token) is not { } payload)
            return Malformed;

        var now = time.GetUtcNow();
        if (now >= Moment(payload.Exp) + ClockSkew)
            return Expired;
        if (now < Moment(payload.Nbf) - ClockSkew)
            return Unauthorized("The access token is not valid yet; check the clock of the machine that issued it.");
        if (revocations.IsRevoked(payload.Sid))
            return Revoked;

        return await ReviewAsync(
            new Principal(payload.Sub, payload.Org, payload.Email, payload.Tier, payload.Roles, payload.Sid, Moment(payload.Exp)), cancellationToken);
    }

    /// <summary>
    /// Who it is now: that the session lives, and what an administrator has changed since the token was issued. Only the owner of the data
    /// folder keeps the roles he came with, and finds an account that is shut open.
    /// </summary>
    public async ValueTask<TokenVerdict> ReviewAsync(Principal shown, CancellationToken cancellationToken)
    {
        if (await accounts.FindSignedInAsync(shown.SessionId, cancellationToken) is not var (session, user)
            || session.RevokedAt is not null || session.User != shown.User || session.ExpiresAt <= time.GetUtcNow())
            return Revoked;
        return user.DisabledAt is not null && !shown.Is(Roles.LocalOwner) ? Disabled : new TokenVerdict.Valid(shown.As(user));
    }

    /// <returns>Null unless the token was signed by this server as an access token.</returns>
    private AccessTokenPayload? ReadVerified(string token)
    {
        if (token.Length is 0 or > MaxTokenCharacters || !_handler.CanReadToken(token))
            return null;

        try
        {
            // Pinned before anything else is believed: "none" and every algorithm but ours stop here.
            if (_handler.ReadJsonWebToken(token) is not { Alg: SecurityAlgorithms.HmacSha256 } read)
                return null;
            if (!_handler.ValidateToken(token, _checks).IsValid)
                return null;

            var payload = JsonSerializer.Deserialize(
                Base64UrlEncoder.DecodeBytes(read.EncodedPayload), AccessTokenJson.Default.AccessTokenPayload);
            return payload is { TokenType: Kind } ? payload : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or JsonException or SecurityTokenException)
        {
            // What a stranger sends may be broken in any way; it is not a token of ours, and that is all there is to know.
            return null;
        }
    }

    private static DateTimeOffset Moment(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);

    private static TokenVerdict.Refused Unauthorized(string message) => new TokenVerdict.Refused(ErrorCode.Unauthorized, message);
}
