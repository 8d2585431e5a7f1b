using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Apex.Bench.Load;

/// <summary>
/// What Kestrel and System.Net.WebSockets can do when nothing is numbered, stored, checked or replayed: the same bytes to the same
/// sockets, and an echo. The floor that our figures are set against.
/// </summary>
internal static class PlainHost
{
    private static readonly string Filling = new('x', 340);

    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        await using var app = builder.Build();
        app.UseWebSockets();
        var sockets = new Dictionary<int, WebSocket>();
        app.MapGet("/ws", async (HttpContext context, int user) =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            lock (sockets)
                sockets[user] = socket;
            await EchoAsync(socket);
        });
        app.MapPost("/bench/publish", async (HttpContext context, int rate, int inFlight, int seconds, int users) =>
        {
            var locks = Enumerable.Range(0, users).Select(_ => new SemaphoreSlim(1)).ToArray();
            var publisher = new Publisher(users, async user =>
            {
                await locks[user].WaitAsync();
                try
                {
                    var bytes = Encoding.UTF8.GetBytes($$"""{"type":"plain","title":"{{Stamp.Make()}}","filling":"{{Filling}}"}""");
                    await sockets[user].SendAsync(bytes, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
                }
                finally
                {
                    locks[user].Release();
                }
            });
            var done = await publisher.RunAsync(rate, inFlight, TimeSpan.FromSeconds(seconds));
            await context.Response.WriteAsync(done.ToString());
        });
        await app.StartAsync();
        Console.WriteLine($"ready {app.Urls.First()}");
        await app.WaitForShutdownAsync();
    }

    private static async Task EchoAsync(WebSocket socket)
    {
        var buffer = new byte[4096];
        while (true)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            if (got.MessageType == WebSocketMessageType.Close)
                return;
            await socket.SendAsync(buffer.AsMemory(0, got.Count), WebSocketMessageType.Text, got.EndOfMessage, CancellationToken.None);
        }
    }
}
