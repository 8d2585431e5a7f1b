using System.Net;
using Apex.Protocol.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Apex.Server.Connections.Upgrade;

/// <summary>Who comes through the HTTP server: over TLS, on a connection that was used for requests before, or while the server starts.</summary>
internal sealed class HttpCaller(HttpContext context) : IUpgradeCaller
{
    public bool IsUpgradable => context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    public IHeaderDictionary Headers => context.Request.Headers;

    public IQueryCollection Query => context.Request.Query;

    public IPAddress? Address => context.Connection.RemoteIpAddress;

    public CancellationToken Left => context.RequestAborted;

    public ValueTask<T> WhileHereAsync<T>(Func<CancellationToken, ValueTask<T>> wait) => wait(Left);

    public async Task<IWire> AcceptAsync(string proof, string? subprotocol)
    {
        var headers = context.Response.Headers;
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = proof;
        if (subprotocol is not null)
            headers.SecWebSocketProtocol = subprotocol;

        // How slow a reader may be is this room's own business: it detaches it with its cursor.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        context.Request.Headers.Clear();
        return new HttpWire(stream, context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort);
    }

    public Task RefuseAsync(Refusal refusal, int status)
    {
        if (status == StatusCodes.Status426UpgradeRequired)
            context.Response.Headers.SecWebSocketVersion = UpgradeRequest.Version;
        return Problems.WriteAsync(context, refusal, status: status);
    }
}
