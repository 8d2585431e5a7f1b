using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Apex.Bench.Peers.Servers;

/// <summary>SignalR as ASP.NET Core brings it, JSON, with stateful reconnect; a stream is a group.</summary>
internal static class SignalRServer
{
    public static async Task RunAsync(int port)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSignalR();
        builder.WebHost.UseSetting("urls", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        await using var app = builder.Build();
        app.MapHub<Streams>("/streams", static options =>
        {
            options.Transports = HttpTransportType.WebSockets;
            options.AllowStatefulReconnects = true;
        });
        await app.StartAsync();
        await Collecting.ListenAsync();
        await app.StopAsync();
    }
}

/// <summary>Who connects names a stream to follow, or none to publish.</summary>
internal sealed class Streams : Hub
{
    public override async Task OnConnectedAsync()
    {
        if (Context.GetHttpContext()?.Request.Query["stream"] is [{ } stream])
            await Groups.AddToGroupAsync(Context.ConnectionId, stream, Context.ConnectionAborted);
    }

    public Task Publish(string stream, JsonElement message) => Clients.Group(stream).SendAsync("event", message);
}
