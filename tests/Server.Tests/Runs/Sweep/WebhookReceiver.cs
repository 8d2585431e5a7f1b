using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Tests.Runs.Sweep;

/// <summary>Another system that honours idempotency keys: what comes a second time under a key it knows has no effect.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, string> _bodies = new();
    private int _posts;

    private WebhookReceiver(WebApplication app) => _app = app;

    public Uri Address => _app.GetAddress();

    public int Posts => _posts;

    /// <summary>What took effect, once for each key.</summary>
    public ICollection<string> Effects => _bodies.Values;

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var receiver = new WebhookReceiver(app);
        app.MapPost("/", async (HttpContext http) =>
        {
            using var reader = new StreamReader(http.Request.Body);
            var body = await reader.ReadToEndAsync();
            Interlocked.Increment(ref receiver._posts);
            receiver._bodies.TryAdd(http.Request.Headers["Idempotency-Key"].ToString(), body);
        });
        await app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
