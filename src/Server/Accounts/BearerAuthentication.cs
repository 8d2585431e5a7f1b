using System.Security.Claims;
using System.Text.Encodings.Web;
using Apex.Protocol.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Apex.Server.Accounts;

/// <summary>Reads <c>Authorization: Bearer</c> on HTTP calls and answers 401 and 403 as problem details.</summary>
internal sealed class BearerAuthentication(
    AccessTokens tokens, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Bearer";

    private const string Prefix = SchemeName + " ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } value || !value.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return AuthenticateResult.NoResult();

        switch (await tokens.VerifyAsync(value[Prefix.Length..].Trim(), Context.RequestAborted))
        {
            case TokenVerdict.Valid(var principal):
                Context.SetPrincipal(principal);
                return AuthenticateResult.Success(new AuthenticationTicket(ClaimsOf(principal), SchemeName));
            case TokenVerdict.Refused refused:
                Context.Features.Set(refused);
                return AuthenticateResult.Fail(refused.Message);
            default:
                throw new InvalidOperationException("Unknown verdict.");
        }
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var refused = Context.Features.Get<TokenVerdict.Refused>();
        Response.Headers[HeaderNames.WWWAuthenticate] = refused is null ? SchemeName : SchemeName + " error=\"invalid_token\"";
        return Problems.WriteAsync(Context, new Refusal(
            refused?.Code ?? ErrorCode.Unauthorized,
            refused?.Message ?? "Log in and send the access token as 'Authorization: Bearer …'.",
            ErrorSeverity.Critical));
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Problems.WriteAsync(
        Context, new Refusal(ErrorCode.Forbidden, "This account may not do that.", ErrorSeverity.Critical));

    private static ClaimsPrincipal ClaimsOf(Principal principal) => new(new ClaimsIdentity(
        [new Claim("sub", principal.User.Value), .. principal.Roles.Select(role => new Claim("role", role))], SchemeName, "sub", "role"));
}
