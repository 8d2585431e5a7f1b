using System.Globalization;
using System.Text;
using Apex.Usage.DuckDb;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using FsCheck;
using FsCheck.Fluent;

namespace Apex.Usage.Tests.Query;

/// <summary>What must hold for any log, tried on generated ones.</summary>
public sealed class UsageLogPropertyTests
{
    private static readonly TenantId Mine = new("mine");
    private static readonly TenantId Theirs = new("theirs");
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(25);

    private static readonly Measure[] Measures =
    [
        new("n", MeasureKind.Requests), new("in", MeasureKind.InputTokens), new("out", MeasureKind.OutputTokens),
        new("recorded", MeasureKind.RecordedCostNano), new("first", MeasureKind.FirstStart),
        new("p95", MeasureKind.Percentile, RowValue.InputTokens, 0.95), new("users", MeasureKind.Distinct, Field: nameof(Dimension.User)),
    ];

    /// <summary>Few different values, so that rows are often equal.</summary>
    private static readonly Gen<string> AiderRow =
        from second in Gen.Choose(0, 5)
        from user in Gen.Elements("ann", "bob", "")
        from model in Gen.Elements("gpt-4o", "o3", "None", "openai/REDACTED")
        from input in Gen.Choose(0, 3)
        from output in Gen.Choose(0, 2)
        from cost in Gen.Elements("0.5", "0", "1e-05", "")
        select string.Create(CultureInfo.InvariantCulture, $"{1_760_000_000 + (second * 40_000)},{user},{model},{input},{output},{cost}");

    private static readonly Gen<string[]> AiderRows = AiderRow.ArrayOf();

    [Fact]
    public void Importing_twice_changes_nothing() => Check.One(Runs, Prop.ForAll(AiderRows.ToArbitrary(), rows => Run(async log =>
    {
        var first = await ImportAsync(log, Mine, rows);
        var before = await ReadAllAsync(log, Mine);
        var second = await ImportAsync(log, Mine, rows);

        Assert.Equal((rows.Length, 0L), ((int)first.RowsStored, first.RowsDuplicate));
        Assert.Equal((0L, rows.Length), (second.RowsStored, (int)second.RowsDuplicate));
        Assert.Equivalent(before, await ReadAllAsync(log, Mine), strict: true);
    })));

    [Fact]
    public void The_batch_size_does_not_matter() => Check.One(
        Runs,
        Prop.ForAll(AiderRows.ToArbitrary(), Gen.Choose(1, 20).ToArbitrary(), (rows, batchRows) => Run(async log =>
        {
            await ImportAsync(log, Mine, rows, batchRows);
            var inBatches = await ReadAllAsync(log, Mine);
            await using var other = await OpenAsync();
            await ImportAsync(other, Mine, rows);

            Assert.Equivalent(await ReadAllAsync(other, Mine), inBatches, strict: true);
        })));

    [Fact]
    public void A_tenants_answers_do_not_depend_on_any_other_tenants_rows() => Check.One(
        Runs,
        Prop.ForAll(AiderRows.ToArbitrary(), AiderRows.ToArbitrary(), (mine, theirs) => Run(async log =>
        {
            await ImportAsync(log, Mine, mine);
            var (rows, table) = (await ReadAllAsync(log, Mine), await AskAsync(log, Mine));

            await ImportAsync(log, Theirs, theirs);
            await log.RepriceAsync(Theirs, PriceBook.Empty, CancellationToken.None);

            Assert.Equivalent(rows, await ReadAllAsync(log, Mine), strict: true);
            Assert.Equivalent(table, await AskAsync(log, Mine), strict: true);
            Assert.Equal(theirs.Length, (await log.GetExtentAsync(Theirs, CancellationToken.None))?.Rows ?? 0);
        })));

    [Fact]
    public void Percentiles_and_sums_equal_a_naive_computation() => Check.One(
        Runs,
        Prop.ForAll(
            Gen.Choose(0, 1_000_000).NonEmptyListOf().ToArbitrary(),
            Gen.Choose(0, 1_000).Select(thousandths => thousandths / 1000.0).ToArbitrary(),
            (values, percentile) => Run(async log =>
            {
                var calls = values.Select((value, index) => Call(index, value)).ToArray();
                await log.AppendAsync(Mine, calls, CancellationToken.None);

                var table = await log.QueryAsync(
                    new UsageQuery
                    {
                        Tenant = Mine,
                        Measures =
                        [
                            new("p", MeasureKind.Percentile, RowValue.InputTokens, percentile),
                            new("sum", MeasureKind.InputTokens), new("mean", MeasureKind.Mean, RowValue.InputTokens),
                        ],
                    },
                    CancellationToken.None);

                Assert.Equal(NaivePercentile(values, percentile), (double)table.Rows[0].Values[0]!, 6);
                Assert.Equal(values.Sum(value => (long)value), table.Rows[0].Values[1]);
                Assert.Equal(values.Average(), (double)table.Rows[0].Values[2]!, 6);
            })));

    [Fact]
    public void Grouped_answers_add_up_to_the_whole() => Check.One(
        Runs,
        Prop.ForAll(
            AiderRows.ToArbitrary(),
            Gen.Elements(Enum.GetValues<Dimension>()).ToArbitrary(),
            (rows, dimension) => Run(async log =>
            {
                await ImportAsync(log, Mine, rows);

                var groups = await log.QueryAsync(
                    new UsageQuery { Tenant = Mine, GroupBy = [dimension], Measures = Measures }, CancellationToken.None);
                var whole = (await AskAsync(log, Mine)).Rows[0].Values;

                foreach (var measure in new[] { 0, 1, 2 })
                    Assert.Equal(whole[measure], groups.Rows.Sum(row => (long)row.Values[measure]!));
            })));

    private static UsageEvent Call(int number, long input) => new()
    {
        EventId = UsageEventKey.EventId(Mine, "test", $"{number}"),
        Source = "test",
        SourceId = $"{number}",
        StartedAt = DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(number),
        InUncached = input,
    };

    private static double NaivePercentile(IEnumerable<int> values, double percentile)
    {
        var sorted = values.Order().ToArray();
        var place = (sorted.Length - 1) * percentile;
        var (low, high) = (sorted[(int)Math.Floor(place)], sorted[(int)Math.Ceiling(place)]);
        return low + ((high - low) * (place - Math.Floor(place)));
    }

    private static Task<ImportReport> ImportAsync(DuckDbUsageLog log, TenantId tenant, string[] rows, int batchRows = 10_000)
    {
        var text = "time_unix,user,main_model,prompt_tokens,completion_tokens,cost_usd\n" + string.Join('\n', rows);
        return new UsageImporter(TimeProvider.System, batchRows).ImportAsync(
            tenant, new MemoryStream(Encoding.UTF8.GetBytes(text)), new ImportRequest { FileName = "generated" }, log,
            PriceBook.Builtin, null, CancellationToken.None);
    }

    private static Task<UsageTable> AskAsync(DuckDbUsageLog log, TenantId tenant) =>
        log.QueryAsync(new UsageQuery { Tenant = tenant, Measures = Measures }, CancellationToken.None);

    private static async Task<List<UsageEvent>> ReadAllAsync(DuckDbUsageLog log, TenantId tenant)
    {
        var calls = new List<UsageEvent>();
        await foreach (var call in log.ReadAsync(new UsageScan { Tenant = tenant }, CancellationToken.None))
            calls.Add(call);
        return calls;
    }

    private static Task<DuckDbUsageLog> OpenAsync() => DuckDbUsageLog.OpenAsync(
        new DuckDbUsageLogOptions { Threads = 1, MemoryLimitMiB = 128 }, TimeProvider.System, CancellationToken.None);

    /// <summary>FsCheck takes a task as the property's outcome: it fails where the task does.</summary>
    private static async Task Run(Func<DuckDbUsageLog, Task> property)
    {
        await using var log = await OpenAsync();
        await property(log);
    }
}
