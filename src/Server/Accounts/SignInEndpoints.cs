using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Apex.Server.Accounts;

/// <summary>The calls by which somebody gets tokens. All count against the limit of the caller's address.</summary>
internal static class SignInEndpoints
{
    public static void Map(RouteGroupBuilder auth, ApexServerOptions options)
    {
        var limited = auth.MapGroup("").AddEndpointFilter(LimitAddressAsync);
        limited.MapPost("/register", async (RegisterRequest request, Registrations registrations, HttpContext context) =>
            Answer(context, await registrations.RegisterAsync(request, DeviceOf(context), context.RequestAborted)));
        limited.MapPost("/login", async (LoginRequest request, LogIns logIns, HttpContext context) =>
            Answer(context, await logIns.LogInAsync(request, DeviceOf(context), context.RequestAborted)));
        limited.MapPost("/refresh", async (RefreshRequest request, Sessions sessions, HttpContext context) =>
            Answer(context, await sessions.RefreshAsync(request.RefreshToken, context.RequestAborted)));
        limited.MapPost("/local", async (LocalOwner owner, HttpContext context) => Answer(context, await owner.LogInAsync(
            context.Request.Headers["X-Apex-Owner-Secret"], context.Connection.RemoteIpAddress, context.RequestAborted)));

        if (options.DevelopmentLoginOpen)
            MapDevelopment(limited);
    }

    private static void MapDevelopment(RouteGroupBuilder limited)
    {
        limited.MapPost("/e2e/test-auth", async (RegisterRequest? request, DevelopmentLogIns logIns, HttpContext context) =>
            Answer(context, await logIns.LogInWithKeyAsync(
                context.Request.Headers["X-E2E-Bypass-Key"], request, DeviceOf(context), context.RequestAborted)));
        foreach (var path in new[] { "/dev_login", "/dev/login" })
        {
            limited.MapPost(path, async (RegisterRequest? request, DevelopmentLogIns logIns, HttpContext context) =>
                Answer(context, await logIns.LogInAsync(request, DeviceOf(context), context.RequestAborted)));
        }
    }

    private static IResult Answer(HttpContext context, SignInOutcome outcome)
    {
        context.Response.Headers.CacheControl = "no-store";
        return outcome switch
        {
            SignInOutcome.SignedIn(var tokens) => TypedResults.Json(tokens, ApexJson.Default.TokenReply),
            SignInOutcome.Refused(var why, var field) => Problems.From(why, field),
            _ => throw new InvalidOperationException("Unknown outcome."),
        };
    }

    private static async ValueTask<object?> LimitAddressAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var limiter = (AddressLimiter)invocation.HttpContext.RequestServices.GetService(typeof(AddressLimiter))!;
        return limiter.TryTake(invocation.HttpContext.Connection.RemoteIpAddress) is { } refusal
            ? Problems.From(refusal)
            : await next(invocation);
    }

    private static string? DeviceOf(HttpContext context) => context.Request.Headers.UserAgent is [{ } agent, ..] ? agent : null;
}
