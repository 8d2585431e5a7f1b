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

    /// <summary>Status codes it answers with, one each, before it takes anything.</summary>
    public ConcurrentQueue<int> Refusals { get; } = new();

    public int? RefusesForEver { get; set; }

    /// <summary>Key of every post, refused ones too.</summary>
    public ConcurrentQueue<string> Keys { get; } = new();

    /// <summary>What each post says of the trace that it belongs to.</summary>
    public ConcurrentQueue<string> Traces { get; } = new();

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
            receiver.Keys.Enqueue(http.Request.Headers["Idempotency-Key"].ToString());
            receiver.Traces.Enqueue(http.Request.Headers.TraceParent.ToString());
            if (receiver.RefusesForEver is { } always || receiver.Refusals.TryDequeue(out always))
            {
                http.Response.StatusCode = always;
                return;
            }

            receiver._bodies.TryAdd(http.Request.Headers["Idempotency-Key"].ToString(), body);
        });
        await app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
