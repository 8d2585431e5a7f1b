using Apex.Testing;
using Apex.Usage.DuckDb;
using Apex.Usage.Import;
using Apex.Usage.Prices;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

/// <summary>The real Aider log in a real usage log, priced by the built-in book, the shared map and its dated history.</summary>
public sealed class AiderLog : IAsyncLifetime
{
    private ToolLog? _log;

    internal ToolLog Log => _log ?? throw new InvalidOperationException("The fixture is not initialised.");

    public async ValueTask InitializeAsync()
    {
        var map = await Tests.Prices.PriceImporterTests.ImportFileAsync(SharedData.LiteLlmPrices);
        var history = await Tests.Prices.PriceImporterTests.ImportFileAsync(SharedData.PriceHistory);
        var prices = PriceBook.Builtin.With(map.Rows).With(history.Rows);
        var log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), TimeProvider.System, CancellationToken.None);
        await using var file = File.OpenRead(SharedData.AiderCalls);
        await new UsageImporter(TimeProvider.System).ImportAsync(
            ToolLog.Tenant, file, new ImportRequest { FileName = "message_send.csv" }, log, prices, null, CancellationToken.None);
        _log = new ToolLog(log, prices);
    }

    internal Task<ResultEnvelope> RunAsync(string tool, string arguments = "{}") => Log.RunAsync(tool, arguments);

    public async ValueTask DisposeAsync()
    {
        if (_log is not null)
            await _log.DisposeAsync();
    }
}
