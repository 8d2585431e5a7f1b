using Microsoft.AspNetCore.Http;

namespace Apex.Server.Accounts;

internal static class PrincipalOfRequest
{
    /// <summary>Who asks. For endpoints that require authorization.</summary>
    /// <exception cref="InvalidOperationException">The endpoint is open, so nobody was verified.</exception>
    public static Principal GetPrincipal(this HttpContext context) =>
        context.Features.Get<Principal>()
        ?? throw new InvalidOperationException($"{context.Request.Path} reads a principal but does not require authorization.");

    public static void SetPrincipal(this HttpContext context, Principal principal) => context.Features.Set(principal);
}
