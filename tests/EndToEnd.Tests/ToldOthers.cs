using System.Collections.Concurrent;
using Apex.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Apex.EndToEnd.Tests;

/// <summary>Whom the sample webhook tells: knows what it was told before by its key.</summary>
internal sealed class ToldOthers : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, string> _bodies = new();

    private ToldOthers(WebApplication app) => _app = app;

    public ICollection<string> Posted => _bodies.Values;

    public static async Task<ToldOthers> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var others = new ToldOthers(app);
        app.MapPost("/", async (HttpContext http) =>
        {
            using var reader = new StreamReader(http.Request.Body);
            others._bodies.TryAdd(http.Request.Headers["Idempotency-Key"].ToString(), await reader.ReadToEndAsync());
        });
        await app.StartAsync();
        return others;
    }

    /// <summary>The sample, in a process of its own: a run there asks what to tell, and then whether it may.</summary>
    public Task<ApexProcess> ServeSampleAsync(string dataFolder, int port = 0) => ApexProcess.ServeProgramAsync(
        Path.Combine(AppContext.BaseDirectory, "Apex.Samples.Webhook.dll"),
        [dataFolder, _app.Urls.First(), port.ToString(System.Globalization.CultureInfo.InvariantCulture), PageSteps.Administrator["APEX_PAGE"]],
        PageSteps.Administrator);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
