using Apex.Agents.ChatModels;
using Apex.Testing;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Agents.Tests.House;

/// <summary>Agents over a small priced log, with chat models behind a real HTTP server that does what the test's script says.</summary>
internal sealed class ModelHouse : IAsyncDisposable
{
    private ModelHouse(AgentHouse house, ModelServer[] servers) => (House, Servers) = (house, servers);

    public AgentHouse House { get; }

    public ModelServer[] Servers { get; }

    public ModelServer Server => Servers[0];

    /// <summary>Two models' calls over ten days.</summary>
    public static IReadOnlyList<UsageEvent> Calls { get; } =
    [
        .. Enumerable.Range(0, 20).Select(i => SomeCalls.Call(Some.Time.AddHours(12 * i), "gpt-4o", "ada", 100_000 + (i * 1_000), 2_000)),
        .. Enumerable.Range(0, 10).Select(i => SomeCalls.Call(Some.Time.AddHours(24 * i), "gpt-4o-mini", "bob", 50_000, 1_000)),
    ];

    public static Task<ModelHouse> OpenAsync(params ModelReply[] script) => OpenAsync([script]);

    /// <param name="scripts">One for each model, in the order in which they are asked.</param>
    public static async Task<ModelHouse> OpenAsync(
        ModelReply[][] scripts, IEnumerable<UsageEvent>? calls = null, Action<IServiceCollection>? more = null,
        Func<ModelServer, int, ChatModelOptions>? options = null)
    {
        var servers = await Task.WhenAll(scripts.Select(script => ModelServer.StartAsync(script)));
        var models = servers.Select((server, index) => options?.Invoke(server, index) ?? Options(server, index)).ToArray();
        var house = await AgentHouse.OpenAsync(
            services =>
            {
                services.Configure<AgentsOptions>(agents => agents.Models = models);
                more?.Invoke(services);
            },
            calls ?? Calls);
        return new ModelHouse(house, servers);
    }

    public static ChatModelOptions Options(ModelServer server, int index = 0, ChatModelProvider provider = ChatModelProvider.OpenAi) => new()
    {
        Provider = provider,
        Model = index == 0 ? "gpt-4o" : "gpt-4o-mini",
        BaseAddress = server.Address,
        ApiKey = "sk-secret-key",
        RetryDelay = TimeSpan.FromMilliseconds(1),
        FirstTokenWithin = TimeSpan.FromSeconds(10),
    };

    public Task<RecordedRun> AnswerAsync(string question) => House.AnswerAsync(question);

    /// <summary>Calls of our own in the usage log.</summary>
    public async Task<IReadOnlyList<UsageEvent>> OwnCallsAsync()
    {
        var own = new List<UsageEvent>();
        await foreach (var call in House.Log.ReadAsync(new UsageScan { Tenant = new TenantId(AgentHouse.Organisation) }, CancellationToken.None))
            if (call.Source == OwnCalls.Source)
                own.Add(call);
        return own;
    }

    public async ValueTask DisposeAsync()
    {
        await House.DisposeAsync();
        foreach (var server in Servers)
            await server.DisposeAsync();
    }
}
