using Apex.Usage.DuckDb;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Usage.Tests.DuckDb;

public sealed class RepriceTests : IAsyncLifetime
{
    private static readonly TenantId Other = new("other");
    private DuckDbUsageLog log = null!;

    public async ValueTask InitializeAsync() =>
        log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), TimeProvider.System, CancellationToken.None);

    public ValueTask DisposeAsync() => log.DisposeAsync();

    [Fact]
    public async Task Every_row_gets_the_books_price_and_only_changed_rows_count()
    {
        await log.AppendAsync(SomeCalls.Tenant, SomeCalls.Calls(5_000), CancellationToken.None);

        var first = await log.RepriceAsync(SomeCalls.Tenant, PriceBook.Builtin, CancellationToken.None);
        var again = await log.RepriceAsync(SomeCalls.Tenant, PriceBook.Builtin, CancellationToken.None);
        var calls = await ReadAllAsync(SomeCalls.Tenant);

        Assert.Equal(5_000, first);
        Assert.Equal(0, again);
        Assert.Equal(SomeCalls.Calls(5_000).Select(call => call.PricedBy(PriceBook.Builtin).CostList), calls.Select(call => call.CostList));
        Assert.Equal(SomeCalls.Calls(5_000).Select(call => call.SourceId), calls.Select(call => call.SourceId));
    }

    [Fact]
    public async Task A_book_without_prices_takes_prices_and_their_flags_away()
    {
        var dear = SomeCalls.Call(0) with { CostRecorded = NanoDollars.FromDollars(9_990) };
        await log.AppendAsync(SomeCalls.Tenant, [dear.PricedBy(PriceBook.Builtin)], CancellationToken.None);
        Assert.Contains(EventPricing.CostOutlier, (await ReadAllAsync(SomeCalls.Tenant))[0].PriceFlags);

        await log.RepriceAsync(SomeCalls.Tenant, PriceBook.Empty, CancellationToken.None);
        var call = (await ReadAllAsync(SomeCalls.Tenant))[0];

        Assert.Null(call.CostList);
        Assert.Equal([PriceFlags.Unpriced], call.PriceFlags);
        Assert.Equal(dear.CostRecorded, call.CostRecorded);
    }

    [Fact]
    public async Task Another_tenants_prices_stay()
    {
        await log.AppendAsync(SomeCalls.Tenant, [SomeCalls.Call(0)], CancellationToken.None);
        await log.AppendAsync(Other, [SomeCalls.Call(0, Other)], CancellationToken.None);

        await log.RepriceAsync(SomeCalls.Tenant, PriceBook.Builtin, CancellationToken.None);

        Assert.NotNull((await ReadAllAsync(SomeCalls.Tenant))[0].CostList);
        Assert.Null((await ReadAllAsync(Other))[0].CostList);
    }

    private async Task<List<UsageEvent>> ReadAllAsync(TenantId tenant)
    {
        var calls = new List<UsageEvent>();
        await foreach (var call in log.ReadAsync(new UsageScan { Tenant = tenant }, CancellationToken.None))
            calls.Add(call);
        return calls;
    }
}
