using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Testing;

/// <summary>
/// A chat model's server on a free port of 127.0.0.1 that speaks the real wire formats: <c>/v1/chat/completions</c> and
/// <c>/v1/messages</c>. Each request is answered by the next reply of the script; the last one stays.
/// </summary>
public sealed class ModelServer : IAsyncDisposable
{
    internal const string ModelAsked = "model";

    private readonly WebApplication _app;
    private readonly Queue<ModelReply> _script;
    private readonly Lock _gate = new();
    private readonly ConcurrentQueue<ModelCall> _calls = new();

    private ModelServer(WebApplication app, IEnumerable<ModelReply> script)
    {
        _app = app;
        _script = new Queue<ModelReply>(script);
    }

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>What was asked, in order.</summary>
    public IReadOnlyList<ModelCall> Calls => [.. _calls];

    public static async Task<ModelServer> StartAsync(params IEnumerable<ModelReply> script)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var app = builder.Build();
        var server = new ModelServer(app, script);
        app.Run(server.AnswerAsync);
        await app.StartAsync().Within();
        server.Address = new Uri(app.Urls.First() + "/v1");
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        using var body = await JsonDocument.ParseAsync(http.Request.Body);
        var isAnthropic = http.Request.Path.Value!.EndsWith("/messages", StringComparison.Ordinal);
        var gone = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls.Enqueue(new ModelCall(
            http.Request.Path.Value!, http.Request.Headers.ToDictionary(one => one.Key, one => one.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.RootElement.Clone(), gone.Task));
        http.Items[ModelAsked] = body.RootElement.GetProperty("model").GetString();
        ModelReply reply;
        lock (_gate)
            reply = _script.Count > 1 ? _script.Dequeue() : _script.Peek();
        await reply.WriteAsync(http, isAnthropic);
        if (http.RequestAborted.IsCancellationRequested)
            gone.SetResult(TimeProvider.System.GetTimestamp());
    }
}

/// <summary>A request as it came over the wire.</summary>
/// <param name="Gone">Completes, with the system's timestamp, when the client ends the connection before it has the whole reply.</param>
public sealed record ModelCall(string Path, IReadOnlyDictionary<string, string> Headers, JsonElement Body, Task<long> Gone);
