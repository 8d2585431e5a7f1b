using System.Globalization;
using Apex.Usage.DuckDb;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.Tests.DuckDb;

/// <summary>A scan that reads some columns gives the same rows in the same order, and nothing of the other columns.</summary>
public sealed class ScanColumnsTests : IAsyncLifetime
{
    private DuckDbUsageLog log = null!;

    public async ValueTask InitializeAsync() =>
        log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), TimeProvider.System, CancellationToken.None);

    public ValueTask DisposeAsync() => log.DisposeAsync();

    [Fact]
    public async Task Each_column_alone_fills_its_field_and_no_other()
    {
        await AppendAsync(SomeCalls.Full());
        var full = SomeCalls.Full();
        var fields = typeof(UsageColumns).GetFields().Select(field => (Property: field.Name, Column: (string)field.GetRawConstantValue()!));
        var nothing = await ReadOneAsync([]);

        foreach (var (name, column) in fields)
        {
            var read = await ReadOneAsync([column]);
            foreach (var property in typeof(UsageEvent).GetProperties().Where(property => property.CanWrite))
            {
                var expected = property.Name == name || property.Name == nameof(UsageEvent.StartedAt) ? full : nothing;
                Assert.True(
                    Text(property.GetValue(expected)) == Text(property.GetValue(read)),
                    $"{property.Name} after reading {column} is '{Text(property.GetValue(read))}'");
            }
        }
    }

    [Fact]
    public async Task Nothing_asked_for_reads_the_start_alone_and_defaults()
    {
        await AppendAsync(SomeCalls.Full());

        var read = await ReadOneAsync([]);

        Assert.Equal(SomeCalls.Noon, read.StartedAt);
        Assert.Equal("", read.EventId);
        Assert.Equal(0, read.InputTotal + read.OutputTotal);
        Assert.Null(read.Model);
        Assert.Null(read.CostEffective);
        Assert.Null(read.PrefixBlockHashes);
        Assert.Equal(ServiceTier.Standard, read.ServiceTier);
        Assert.Equal(CallStatus.Success, read.Status);
        Assert.Empty(read.Tags);
        Assert.Empty(read.QualityFlags);
        Assert.Empty(read.PriceFlags);
    }

    [Fact]
    public async Task Neighbours_with_equal_and_with_other_tags_keep_their_own()
    {
        Dictionary<string, string>[] tags =
        [
            new() { ["plan"] = "free" }, new() { ["plan"] = "free" }, new() { ["plan"] = "paid" }, new() { ["plan"] = "paid", ["run"] = "7" }, [],
            new() { ["run"] = "7", ["plan"] = "paid" }, new() { ["run"] = "paid" }, new() { ["plan"] = "paid" },
        ];
        await AppendAsync([.. tags.Select((own, number) => SomeCalls.Call(number) with { Tags = own })]);

        var scan = new UsageScan { Tenant = SomeCalls.Tenant, Columns = [UsageColumns.Tags] };
        var read = await log.ReadAsync(scan, CancellationToken.None).Select(call => call.Tags.ToDictionary()).ToListAsync();

        Assert.Equal(tags, read);
    }

    [Fact]
    public async Task Batches_hold_the_same_rows_in_the_same_order_as_reading_one_by_one()
    {
        await AppendAsync(SomeCalls.Calls(5_000));
        var scan = new UsageScan { Tenant = SomeCalls.Tenant, Columns = [UsageColumns.EventId] };

        var batches = await log.ReadBatchesAsync(scan, CancellationToken.None).ToListAsync();
        var rows = await log.ReadAsync(scan, CancellationToken.None).Select(call => call.EventId).ToListAsync();

        Assert.True(batches.Count > 1);
        Assert.Equal(rows, batches.SelectMany(batch => batch).Select(call => call.EventId));
    }

    [Fact]
    public async Task Rows_come_in_the_same_order_over_many_chunks()
    {
        await AppendAsync([.. Enumerable.Range(0, 5_000).Select(number => SomeCalls.Call(number) with { StartedAt = SomeCalls.Noon.AddSeconds(number % 7) })]);

        var whole = await ReadAsync(new UsageScan { Tenant = SomeCalls.Tenant });
        var part = await ReadAsync(new UsageScan { Tenant = SomeCalls.Tenant, Columns = [UsageColumns.InUncached, UsageColumns.RequestModel] });

        Assert.Equal(whole.Select(call => (call.StartedAt, call.InUncached, call.RequestModel)), part.Select(call => (call.StartedAt, call.InUncached, call.RequestModel)));
    }

    [Fact]
    public async Task A_column_that_is_not_there_is_refused_by_name()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => ReadOneAsync(["colour"]));

        Assert.Contains("'colour'", error.Message, StringComparison.Ordinal);
        Assert.Contains("tools_tokens", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Groups_are_streamed_beyond_the_limit_in_the_order_of_the_query()
    {
        await AppendAsync([.. Enumerable.Range(0, 5_000).Select(number => SomeCalls.Call(number) with { UserId = number.ToString("D5", CultureInfo.InvariantCulture) })]);
        var query = new UsageQuery
        {
            Tenant = SomeCalls.Tenant,
            GroupBy = [Dimension.User],
            Measures = [new("input", MeasureKind.InputTokens)],
            OrderBy = "input",
            Limit = 10,
        };

        var rows = await log.ReadGroupsAsync(query, CancellationToken.None).ToListAsync();

        Assert.Equal(5_000, rows.Count);
        Assert.Equal(("04999", 5_099L), (rows[0].Keys[0], rows[0].Values[0]));
        Assert.Equal(("00000", 100L), (rows[^1].Keys[0], rows[^1].Values[0]));
        Assert.Equal(10, (await log.QueryAsync(query, CancellationToken.None)).Rows.Count);
    }

    [Fact]
    public async Task A_group_stream_that_is_left_early_harms_nothing()
    {
        await AppendAsync(SomeCalls.Calls(5_000));
        var query = new UsageQuery { Tenant = SomeCalls.Tenant, GroupBy = [Dimension.Minute], Measures = [new("n", MeasureKind.Requests)] };

        await foreach (var row in log.ReadGroupsAsync(query, CancellationToken.None))
        {
            Assert.Equal("2026-03-02T12:00Z", row.Keys[0]);
            break;
        }

        Assert.Equal(5_000, await log.ReadGroupsAsync(query, CancellationToken.None).CountAsync());
    }

    private static string Text(object? value) => value switch
    {
        null => "nothing",
        string text => text,
        IEnumerable<KeyValuePair<string, string>> pairs => string.Join(';', pairs.Select(pair => $"{pair.Key}={pair.Value}")),
        System.Collections.IEnumerable list => string.Join(';', list.Cast<object>()),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    private Task<int> AppendAsync(params UsageEvent[] calls) => log.AppendAsync(SomeCalls.Tenant, calls, CancellationToken.None);

    private async Task<UsageEvent> ReadOneAsync(string[] columns) =>
        Assert.Single(await ReadAsync(new UsageScan { Tenant = SomeCalls.Tenant, Columns = columns }));

    private ValueTask<List<UsageEvent>> ReadAsync(UsageScan scan) => log.ReadAsync(scan, CancellationToken.None).ToListAsync();
}
