using Apex.Agents.ChatModels;
using Apex.Agents.Execution;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server;
using Apex.Server.Accounts;
using Apex.Server.Limits;
using Apex.Server.Runs;
using Apex.Storage;
using Apex.Storage.Feed;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Apex.Bench.Runs;

/// <summary>The product's server within this process, its limits out of the way; messages go in behind the socket.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BenchServer(WebApplication app) => _app = app;

    public IServiceProvider Services => _app.Services;

    public Uri Address => _app.GetAddress();

    public static async Task<BenchServer> StartAsync(
        string folder, Durability durability, ISupervisor? supervisor = null, IReadOnlyList<ChatModelOptions>? models = null,
        Action<IServiceCollection>? services = null)
    {
        var limits = new TierLimits(1_000_000, 10_000, 1_000, 4, 10_000, TimeSpan.FromMinutes(5), null, TimeSpan.FromDays(7));
        var app = ApexServerSetup.BuildApexServer(
            new ApexServerOptions
            {
                DataFolder = folder,
                Port = 0,
                Durability = durability,
                AttemptsPerMinutePerAddress = 1_000_000,
                AdminEmail = "bench@example.com",
                AdminPassword = "a password of the bench",
                Tiers = new Dictionary<Tier, TierLimits> { [Tier.Free] = limits },
                Models = models ?? [],
            },
            builder =>
            {
                builder.Logging.SetMinimumLevel(LogLevel.Error);
                if (supervisor is not null)
                    builder.Services.Replace(ServiceDescriptor.Singleton(supervisor));
                services?.Invoke(builder.Services);
            });
        await app.StartAsync();
        return new BenchServer(app);
    }

    public static Principal Someone(UserId user, string organisation = "org_bench") =>
        new(user, organisation, "someone@example.com", Tier.Free, [], "session", DateTimeOffset.MaxValue);

    public async Task<RunId> StartRunAsync(Principal principal, string question = "What do we spend?")
    {
        var request = new StartRequest(question, MessageId.New().Value, null, null, null, WhenBusy.Enqueue, "bench");
        return await Services.GetRequiredService<RunStarter>().StartAsync(principal, request, CancellationToken.None) is StartOutcome.Accepted accepted
            ? accepted.Reply.RunId
            : throw new InvalidOperationException("A message was refused.");
    }

    /// <summary>Waits for the run's terminal event.</summary>
    public async Task EndOfAsync(UserId user, RunId run)
    {
        var (feed, events) = (Services.GetRequiredService<IFeed>(), Services.GetRequiredService<RunEvents>());
        for (long after = 0; ;)
        {
            var page = await events.ReadAsync(user, run, after, TimeSpan.FromSeconds(30), CancellationToken.None);
            if (page.Count == 0)
                throw new TimeoutException($"{run} did not end; the feed stands at {await feed.GetHeadAsync(user, CancellationToken.None)}.");
            if (RunEvents.IsTerminal(page[^1]))
                return;
            after = page[^1].RunSeq ?? after;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
