using Apex.Usage.DuckDb;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.Tests.DuckDb;

public sealed class DoubleRecordingTests : IAsyncLifetime
{
    private DuckDbUsageLog log = null!;

    public async ValueTask InitializeAsync() =>
        log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), TimeProvider.System, CancellationToken.None);

    public ValueTask DisposeAsync() => log.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_gateways_row_stays_whichever_came_first(bool gatewayFirst)
    {
        var gateway = Call("litellm", "g1", 0);
        var program = Call("csv:app", "p1", 1.5);

        await AppendAsync(gatewayFirst ? gateway : program);
        await AppendAsync(gatewayFirst ? program : gateway);

        Assert.Equal(["p1"], await FlaggedAsync());
    }

    [Fact]
    public async Task Equal_ids_are_the_same_call_whatever_else_differs()
    {
        await AppendAsync(Call("litellm", "chatcmpl-1", 0), Call("litellm", "chatcmpl-2", 0));
        await AppendAsync(Call("csv:app", "chatcmpl-1", 90) with { InUncached = 1 });

        Assert.Equal(["csv:app/chatcmpl-1"], (await FlaggedCallsAsync()).Select(call => $"{call.Source}/{call.SourceId}"));
    }

    [Fact]
    public async Task Calls_that_differ_in_source_alone_by_more_than_two_seconds_or_by_any_figure_are_two_calls()
    {
        await AppendAsync(Call("litellm", "g1", 0));
        await AppendAsync(
            Call("csv:app", "late", 2.1),
            Call("csv:app", "model", 0) with { RequestModel = "o3" },
            Call("csv:app", "input", 0) with { InUncached = 101 },
            Call("csv:app", "output", 0) with { OutVisible = 11 },
            Call("csv:app", "over", 1) with { EndedAt = Noon.AddSeconds(1.2) });
        await AppendAsync(Call("litellm", "g2", 100) with { EndedAt = Noon.AddSeconds(100.5) });
        await AppendAsync(Call("csv:app", "apart", 101) with { EndedAt = Noon.AddSeconds(102) });

        Assert.Equal(["over"], await FlaggedAsync());
    }

    [Fact]
    public async Task Two_calls_beside_one_of_the_gateway_are_not_both_its_double()
    {
        await AppendAsync(Call("litellm", "g1", 0));
        await AppendAsync(Call("csv:app", "near", 0.1), Call("csv:app", "far", 1));

        Assert.Equal(["near"], await FlaggedAsync());
    }

    [Fact]
    public async Task Equal_calls_of_one_source_or_of_two_tenants_are_left_alone()
    {
        await AppendAsync(Call("litellm", "g1", 0), Call("litellm", "g2", 0));
        await log.AppendAsync(new TenantId("other"), [Call("csv:app", "p1", 0)], CancellationToken.None);

        Assert.Empty(await FlaggedAsync());
    }

    [Fact]
    public async Task Every_field_of_a_flagged_row_is_kept()
    {
        var full = SomeCalls.Full() with { QualityFlags = [QualityFlags.TokenSumMismatch] };
        await AppendAsync(full);

        await AppendAsync(full with { Source = "litellm", SourceId = "g1", EventId = "ue_g1" });
        var flagged = Assert.Single(await FlaggedCallsAsync());

        Assert.Equivalent(
            full with { QualityFlags = [QualityFlags.TokenSumMismatch, QualityFlags.DuplicateSource] }, flagged, strict: true);
    }

    private static DateTimeOffset Noon => SomeCalls.Noon;

    private static UsageEvent Call(string source, string id, double seconds) => new()
    {
        EventId = UsageEventKey.EventId(SomeCalls.Tenant, source, id),
        Source = source,
        SourceId = id,
        StartedAt = Noon.AddSeconds(seconds),
        RequestModel = "gpt-4o",
        InUncached = 100,
        OutVisible = 10,
    };

    private Task<int> AppendAsync(params UsageEvent[] calls) => log.AppendAsync(SomeCalls.Tenant, calls, CancellationToken.None);

    private async Task<string[]> FlaggedAsync() => [.. (await FlaggedCallsAsync()).Select(call => call.SourceId)];

    private async Task<List<UsageEvent>> FlaggedCallsAsync()
    {
        var calls = new List<UsageEvent>();
        await foreach (var call in log.ReadAsync(new UsageScan { Tenant = SomeCalls.Tenant }, CancellationToken.None))
        {
            if (call.QualityFlags.Contains(QualityFlags.DuplicateSource))
                calls.Add(call);
        }

        return calls;
    }
}
