using Apex.Agents.Execution;
using Apex.Agents.Tools;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Testing;
using Apex.Usage.DuckDb;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Apex.Agents.Subagents;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Agents.Tests.House;

/// <summary>The agents over a real usage log in memory, set up as a server sets them up.</summary>
internal sealed class AgentHouse : IAsyncDisposable
{
    public const string Organisation = "acme";

    private readonly ServiceProvider _services;

    private AgentHouse(DuckDbUsageLog log, PriceBook prices, TimeProvider time, Action<IServiceCollection>? more)
    {
        (Log, Time) = (log, time);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IUsageLog>(log);
        services.AddSingleton<IPriceBooks>(new OneBook(prices));
        services.AddSingleton(time);
        services.AddAgents(options => options.StallAfter = TimeSpan.FromSeconds(20));
        more?.Invoke(services);
        _services = services.BuildServiceProvider();
        Supervisor = _services.GetRequiredService<ISupervisor>();
    }

    public DuckDbUsageLog Log { get; }

    public TimeProvider Time { get; }

    public ISupervisor Supervisor { get; }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public static async Task<AgentHouse> OpenAsync(
        Action<IServiceCollection>? more = null, IEnumerable<UsageEvent>? calls = null, TimeProvider? time = null, PriceBook? prices = null)
    {
        var log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), TimeProvider.System, CancellationToken.None);
        var book = prices ?? PriceBook.Builtin;
        foreach (var batch in (calls ?? []).Chunk(10_000))
            await log.AppendAsync(new TenantId(Organisation), batch, CancellationToken.None);
        await log.RepriceAsync(new TenantId(Organisation), book, CancellationToken.None);
        return new AgentHouse(log, book, time ?? TimeProvider.System, more);
    }

    /// <summary>Over an empty log, with these sub-agents and tools beside or in place of the built-in ones.</summary>
    public static Task<AgentHouse> WithAsync(Action<AgentsOptions>? configure, params object[] parts) => OpenAsync(services =>
    {
        if (configure is not null)
            services.Configure(configure);
        foreach (var part in parts)
            if (part is ISubagent subagent)
                services.AddSingleton(subagent);
            else
                services.AddSingleton((IAgentTool)part);
    });

    /// <summary>With a file of the shared data, priced by the shared history and map.</summary>
    public static async Task<AgentHouse> OpenFileAsync(string path, ImportRequest? request = null)
    {
        var log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), TimeProvider.System, CancellationToken.None);
        var book = await BookAsync();
        await using var file = File.OpenRead(path);
        await new UsageImporter(TimeProvider.System).ImportAsync(
            new TenantId(Organisation), file, (request ?? new ImportRequest { FileName = "" }) with { FileName = Path.GetFileName(path) }, log, book,
            null, CancellationToken.None);
        return new AgentHouse(log, book, TimeProvider.System, null);
    }

    public RunContext Ask(string question, IReadOnlyList<MessageView>? history = null, TimeSpan? deadline = null, RunId? run = null)
    {
        var now = Time.GetUtcNow();
        return new RunContext(
            new UserId("user_1"), Organisation, Tier.Free, new ThreadId("thread_1"), run ?? RunId.New(), "request_1", question, history ?? [], now,
            now + (deadline ?? TimeSpan.FromSeconds(60)));
    }

    public async Task<RecordedRun> RunAsync(RunContext context, MemoryLedger? ledger = null) =>
        await RecordedRun.OfAsync(Supervisor.RunAsync(context, ledger ?? new MemoryLedger(), CancellationToken.None), context);

    public Task<RecordedRun> AnswerAsync(string question, IReadOnlyList<MessageView>? history = null) => RunAsync(Ask(question, history));

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Log.DisposeAsync();
    }

    private static async Task<PriceBook> BookAsync()
    {
        var book = PriceBook.Builtin;
        foreach (var path in new[] { SharedData.PriceHistory, SharedData.LiteLlmPrices })
        {
            await using var file = File.OpenRead(path);
            book = book.With((await PriceImporter.ImportAsync(file, Path.GetFileName(path), null, CancellationToken.None)).Rows);
        }

        return book;
    }

    private sealed class OneBook(PriceBook book) : IPriceBooks
    {
        public ValueTask<PriceBook> GetAsync(string organisationId, CancellationToken cancellationToken) => ValueTask.FromResult(book);
    }
}
