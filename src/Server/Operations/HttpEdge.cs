using Apex.Protocol.Errors;
using Apex.Server.Accounts;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Apex.Server.Operations;

/// <summary>What every request meets first: the headers that protect a browser, the gate while not ready, and the origin list.</summary>
internal sealed class HttpEdge(StartupSequence startup, OriginGate origins, ApexServerOptions options)
{
    private const string PreflightSeconds = "600";

    public Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        Protect(context.Response.Headers);
        if (!startup.IsReady && !context.Request.Path.StartsWithSegments("/health") && context.Request.Path != "/metrics")
        {
            return Problems.WriteAsync(context, new Refusal(
                ErrorCode.NotReady, "The server is starting or stopping; try again in a moment.", ErrorSeverity.High, RetryAfterMs: 1_000));
        }

        var origin = context.Request.Headers.Origin;
        // The socket's own door answers for /ws, in the words of its protocol.
        if (origin.Count == 0 || context.Request.Path == "/ws")
            return next(context);
        if (origins.Refuse(origin, () => context.Connection.RemoteIpAddress) is { } refusal)
            return Problems.WriteAsync(context, refusal);

        AllowOrigin(context.Response.Headers, origin!);
        return IsPreflight(context.Request) ? AnswerPreflight(context.Response) : next(context);
    }

    private void Protect(IHeaderDictionary headers)
    {
        foreach (var (name, value) in ProtectiveHeaders.For(options))
            headers[name] = value;
    }

    private static void AllowOrigin(IHeaderDictionary headers, string origin)
    {
        headers.AccessControlAllowOrigin = origin;
        headers.Append(HeaderNames.Vary, HeaderNames.Origin);
        headers.AccessControlExposeHeaders = "Retry-After, WWW-Authenticate, Content-Disposition";
    }

    private static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.ContainsKey(HeaderNames.AccessControlRequestMethod);

    private static Task AnswerPreflight(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status204NoContent;
        response.Headers.AccessControlAllowMethods = "GET, POST, PUT, PATCH, DELETE";
        response.Headers.AccessControlAllowHeaders =
            "Authorization, Content-Type, Accept, Last-Event-ID, Idempotency-Key, X-E2E-Bypass-Key, X-Environment, traceparent";
        response.Headers.AccessControlMaxAge = PreflightSeconds;
        return Task.CompletedTask;
    }
}
