using System.Reflection;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Storage.Accounts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Apex.Server.Accounts;

/// <summary>The calls about one's own account and sessions, and what a log-in page needs to know before there is one.</summary>
internal static class AccountEndpoints
{
    private static readonly Refusal NothingToLogOut = new(
        ErrorCode.InvalidArguments, "Send the refresh_token, or the access token as 'Authorization: Bearer …'.");

    private static readonly string Version = typeof(AccountEndpoints).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    public static void Map(RouteGroupBuilder auth)
    {
        auth.MapGet("/config", (ApexServerOptions options, FirstAdministrator first) => TypedResults.Json(
            new AuthConfig(options.Registration != RegistrationPolicy.Closed, first.IsAwaited, [], options.DevelopmentLoginOpen),
            ApexJson.Default.AuthConfig));
        auth.MapGet("/oauth/providers", () => TypedResults.Json(new OauthProviderList([]), ApexJson.Default.OauthProviderList));
        auth.MapGet("/oauth/{provider}/start", NoProvider);
        auth.MapGet("/oauth/{provider}/callback", NoProvider);
        auth.MapGet("/health", () => TypedResults.Json(new HealthView(HealthState.Healthy, Version, []), ApexJson.Default.HealthView));

        auth.MapGet("/me", MeAsync).RequireAuthorization();
        auth.MapPost("/logout", LogOutAsync);
        auth.MapGet("/sessions", async (Sessions sessions, HttpContext context) => TypedResults.Json(
            await sessions.ListAsync(context.GetPrincipal(), context.RequestAborted), ApexJson.Default.SessionList)).RequireAuthorization();
        auth.MapDelete("/sessions/{id}", async (string id, Sessions sessions, HttpContext context) =>
            await sessions.RevokeAsync(context.GetPrincipal().User, id, context.RequestAborted)
                ? Results.NoContent()
                : Problems.From(new Refusal(ErrorCode.NotFound, "There is no such session."))).RequireAuthorization();
    }

    public static void MapTicket(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/websocket/ticket", IssueTicket).RequireAuthorization();

    private static async Task<IResult> MeAsync(IAccountStore accounts, HttpContext context) =>
        await accounts.FindUserAsync(context.GetPrincipal().User, context.RequestAborted) is { } user
            ? TypedResults.Json(Sessions.ViewOf(user), ApexJson.Default.UserView)
            : Problems.From(new Refusal(ErrorCode.NotFound, "This account is gone."));

    private static async Task<IResult> LogOutAsync(RefreshRequest? request, Sessions sessions, HttpContext context)
    {
        if (request?.RefreshToken is { Length: > 0 } token)
            await sessions.LogOutAsync(token, context.RequestAborted);
        else if (context.Features.Get<Principal>() is { } principal)
            await sessions.RevokeAsync(principal.User, principal.SessionId, context.RequestAborted);
        else
            return Problems.From(NothingToLogOut, "refresh_token");

        return Results.NoContent();
    }

    private static IResult IssueTicket(TicketRequest? request, WebSocketTickets tickets, HttpContext context)
    {
        var seconds = request?.TtlSeconds ?? WebSocketTickets.DefaultTtlSeconds;
        if (seconds is < WebSocketTickets.MinTtlSeconds or > WebSocketTickets.MaxTtlSeconds)
        {
            return Problems.From(
                new Refusal(
                    ErrorCode.InvalidArguments,
                    $"ttl_seconds is {seconds}; it must be {WebSocketTickets.MinTtlSeconds} to {WebSocketTickets.MaxTtlSeconds}."),
                "ttl_seconds");
        }

        var address = new Uri($"{(context.Request.IsHttps ? "wss" : "ws")}://{context.Request.Host.ToUriComponent()}/ws");
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(
            tickets.Issue(context.GetPrincipal(), TimeSpan.FromSeconds(seconds), address), ApexJson.Default.TicketReply);
    }

    private static IResult NoProvider(string provider) => Problems.From(new Refusal(
        ErrorCode.NotFound, "No sign-in provider is configured on this server; log in with e-mail and password."));
}
