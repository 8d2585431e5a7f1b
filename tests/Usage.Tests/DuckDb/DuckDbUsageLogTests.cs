using Apex.Usage.DuckDb;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.Tests.DuckDb;

public sealed class DuckDbUsageLogTests : IAsyncLifetime
{
    private static readonly TenantId Other = new("other");
    private DuckDbUsageLog log = null!;

    private static CancellationToken Cancelled => new(canceled: true);

    public async ValueTask InitializeAsync() =>
        log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), TimeProvider.System, CancellationToken.None);

    public ValueTask DisposeAsync() => log.DisposeAsync();

    [Fact]
    public async Task Every_field_comes_back_as_it_was_stored()
    {
        var full = SomeCalls.Full();

        await log.AppendAsync(SomeCalls.Tenant, [full, SomeCalls.Call(1)], CancellationToken.None);
        var found = await log.FindAsync(SomeCalls.Tenant, [full.EventId], CancellationToken.None);

        Assert.Equivalent(full, Assert.Single(found), strict: true);
    }

    [Fact]
    public async Task A_row_is_stored_once_however_often_it_is_appended()
    {
        var calls = SomeCalls.Calls(3_000);

        var first = await log.AppendAsync(SomeCalls.Tenant, [.. calls, calls[7]], CancellationToken.None);
        var second = await log.AppendAsync(SomeCalls.Tenant, [.. calls, SomeCalls.Call(3_000)], CancellationToken.None);

        Assert.Equal(3_000, first);
        Assert.Equal(1, second);
        Assert.Equal(3_001, (await log.GetExtentAsync(SomeCalls.Tenant, CancellationToken.None))!.Rows);
    }

    [Fact]
    public async Task The_same_source_id_of_two_tenants_is_two_rows_and_neither_sees_the_other()
    {
        await log.AppendAsync(SomeCalls.Tenant, [SomeCalls.Call(1)], CancellationToken.None);
        var stored = await log.AppendAsync(Other, [SomeCalls.Call(1, Other), SomeCalls.Call(2, Other)], CancellationToken.None);

        Assert.Equal(2, stored);
        Assert.Equal(1, (await log.GetExtentAsync(SomeCalls.Tenant, CancellationToken.None))!.Rows);
        Assert.Single(await ReadAllAsync(new UsageScan { Tenant = SomeCalls.Tenant }));
        Assert.Empty(await log.FindAsync(SomeCalls.Tenant, [SomeCalls.Call(2, Other).EventId], CancellationToken.None));
    }

    [Fact]
    public async Task A_scan_is_ordered_by_start_and_then_by_the_order_of_import()
    {
        var calls = SomeCalls.Calls(5_000).Select((call, index) => call with { StartedAt = SomeCalls.Noon.AddSeconds(-(index / 10)) });

        foreach (var batch in calls.Chunk(700))
            await log.AppendAsync(SomeCalls.Tenant, batch, CancellationToken.None);
        var read = await ReadAllAsync(new UsageScan { Tenant = SomeCalls.Tenant });

        Assert.Equal(calls.OrderBy(call => call.StartedAt).Select(call => call.SourceId), read.Select(call => call.SourceId));
    }

    [Fact]
    public async Task A_scan_keeps_to_its_window_filters_and_present_column()
    {
        var calls = SomeCalls.Calls(10);
        calls[4] = calls[4] with { PrefixBlockHashes = [1, 2], BlockSize = 512 };
        calls[5] = calls[5] with { PrefixBlockHashes = [3], BlockSize = 512 };
        await log.AppendAsync(SomeCalls.Tenant, calls, CancellationToken.None);

        var read = await ReadAllAsync(new UsageScan
        {
            Tenant = SomeCalls.Tenant,
            Window = new TimeWindow(SomeCalls.Noon.AddMinutes(2), SomeCalls.Noon.AddMinutes(8)),
            Filters = [new UsageFilter(Dimension.Model, FilterOperator.Equal, ["gpt-4o"])],
            WherePresent = UsageColumns.PrefixBlockHashes,
        });

        Assert.Equal("call-4", Assert.Single(read).SourceId);
    }

    [Fact]
    public async Task A_reader_may_leave_in_the_middle_and_others_go_on()
    {
        await log.AppendAsync(SomeCalls.Tenant, SomeCalls.Calls(20_000), CancellationToken.None);

        await foreach (var call in log.ReadAsync(new UsageScan { Tenant = SomeCalls.Tenant }, CancellationToken.None))
        {
            if (call.SourceId == "call-2500")
                break;
        }

        Assert.Equal(20_000, (await ReadAllAsync(new UsageScan { Tenant = SomeCalls.Tenant })).Count);
    }

    [Fact]
    public async Task A_scan_sees_the_log_as_it_was_when_it_began()
    {
        await log.AppendAsync(SomeCalls.Tenant, SomeCalls.Calls(10_000), CancellationToken.None);

        var count = 0;
        await foreach (var call in log.ReadAsync(new UsageScan { Tenant = SomeCalls.Tenant }, CancellationToken.None))
        {
            if (count++ == 0)
                await log.AppendAsync(SomeCalls.Tenant, [SomeCalls.Call(10_001)], CancellationToken.None);
        }

        Assert.Equal(10_000, count);
    }

    [Fact]
    public async Task Found_rows_stand_in_the_order_asked_for_and_unknown_ids_are_left_out()
    {
        var calls = SomeCalls.Calls(5);
        await log.AppendAsync(SomeCalls.Tenant, calls, CancellationToken.None);

        var found = await log.FindAsync(
            SomeCalls.Tenant, [calls[3].EventId, "ue_unknown", calls[0].EventId], CancellationToken.None);

        Assert.Equal(["call-3", "call-0"], found.Select(call => call.SourceId));
    }

    [Fact]
    public async Task More_than_a_thousand_ids_at_once_are_refused()
    {
        var ids = Enumerable.Range(0, 1_001).Select(number => $"ue_{number}").ToArray();

        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => log.FindAsync(SomeCalls.Tenant, ids, CancellationToken.None));

        Assert.Contains("1001", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_extent_of_an_empty_log_is_null()
    {
        Assert.Null(await log.GetExtentAsync(SomeCalls.Tenant, CancellationToken.None));
    }

    [Fact]
    public async Task A_batch_that_fails_leaves_nothing_behind()
    {
        UsageEvent[] batch = [.. SomeCalls.Calls(5_000), SomeCalls.Call(5_001) with { SourceId = null! }];

        await Assert.ThrowsAnyAsync<Exception>(() => log.AppendAsync(SomeCalls.Tenant, batch, CancellationToken.None));

        Assert.Null(await log.GetExtentAsync(SomeCalls.Tenant, CancellationToken.None));
        Assert.Equal(10, await log.AppendAsync(SomeCalls.Tenant, SomeCalls.Calls(10), CancellationToken.None));
    }

    [Fact]
    public async Task Writers_and_readers_at_once_lose_and_double_nothing()
    {
        var writes = Enumerable.Range(0, 20).Select(part => log.AppendAsync(
            SomeCalls.Tenant, [.. Enumerable.Range(part * 50, 100).Select(number => SomeCalls.Call(number))], CancellationToken.None));
        var reads = Enumerable.Range(0, 20).Select(_ => ReadAllAsync(new UsageScan { Tenant = SomeCalls.Tenant }));

        var stored = await Task.WhenAll(writes.ToArray());
        await Task.WhenAll(reads.ToArray());

        Assert.Equal(1_050, stored.Sum());
        Assert.Equal(1_050, (await log.GetExtentAsync(SomeCalls.Tenant, CancellationToken.None))!.Rows);
    }

    [Fact]
    public async Task A_cancelled_call_says_so()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => log.AppendAsync(SomeCalls.Tenant, SomeCalls.Calls(1), Cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => log.GetExtentAsync(SomeCalls.Tenant, Cancelled));
    }

    private async Task<List<UsageEvent>> ReadAllAsync(UsageScan scan)
    {
        var calls = new List<UsageEvent>();
        await foreach (var call in log.ReadAsync(scan, CancellationToken.None))
            calls.Add(call);
        return calls;
    }
}
