using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;

namespace Apex.Usage.Tools.Envelopes;

/// <summary>
/// One question to the log: its window, filters and totals, and what is noted on the way to the answer (assumptions, caveats,
/// checks, samples). Belongs to one call of one tool.
/// </summary>
internal sealed class Inquiry
{
    public const int MaxSamples = 20;
    private const int SamplesNotCounted = 3;

    private readonly IUsageTool _tool;
    private readonly string _version;
    private readonly List<string> _samples = [];
    private readonly IReadOnlyList<UsageFilter> _asked;
    private readonly Dictionary<string, long> _notCounted = new(StringComparer.Ordinal);

    private Inquiry(IUsageTool tool, string version, ToolRequest request, ToolArguments arguments)
    {
        _tool = tool;
        _version = version;
        Request = request;
        Arguments = arguments;
        _asked = arguments.Filters();
        Counted = CountedRows.Including(arguments.Texts("include"));
        Filters = Counted.With(_asked);
    }

    public ToolRequest Request { get; }

    public ToolArguments Arguments { get; }

    /// <summary>Null: the whole log.</summary>
    public TimeWindow? Window { get; private set; }

    /// <summary>Those asked for, and those that leave out what does not count.</summary>
    public IReadOnlyList<UsageFilter> Filters { get; }

    public CountedRows Counted { get; }

    public LogTotals Totals { get; private set; } = new(0, 0, 0, default, default, default, 0, 0, 0, 0, null, null);

    public List<string> Assumptions { get; } = [];

    public List<string> Caveats { get; } = [];

    public List<string> Checks { get; } = [];

    public Dictionary<string, long> Excluded { get; } = new(StringComparer.Ordinal);

    public PriceBook Prices => Request.Prices;

    public static async Task<Inquiry> StartAsync(
        IUsageTool tool, string version, ToolRequest request, ToolArguments arguments, CancellationToken cancellationToken)
    {
        var inquiry = new Inquiry(tool, version, request, arguments);
        var extent = await inquiry.ExtentAsync(cancellationToken);
        inquiry.Window = WindowArgument.Resolve(arguments.Find("window"), extent, request.Now, inquiry.Assumptions);
        inquiry.Totals = await inquiry.SumAsync(cancellationToken);
        await inquiry.TellNotCountedAsync(cancellationToken);
        if (inquiry.Totals.Rows == 0)
            inquiry.Caveats.Add(extent is null
                ? inquiry._notCounted.Count == 0 ? "The usage log is empty." : "The usage log holds no other calls."
                : $"No rows in this window and under these filters; the log runs from {extent.FirstStart.UtcDateTime:yyyy-MM-dd} to {extent.LastStart.UtcDateTime:yyyy-MM-dd}.");
        return inquiry;
    }

    /// <summary>First and last start of all rows that count, whatever the window and the filters.</summary>
    public Task<UsageExtent?> ExtentAsync(CancellationToken cancellationToken) =>
        Counted.ExtentAsync(Request.Log, Request.Tenant, _asked, cancellationToken);

    public Task<UsageTable> QueryAsync(
        IReadOnlyList<Dimension> groupBy, IReadOnlyList<Measure> measures, CancellationToken cancellationToken,
        string? orderBy = null, int limit = 100_000, IReadOnlyList<UsageFilter>? moreFilters = null, TimeWindow? window = null) =>
        Request.Log.QueryAsync(QueryOf(groupBy, measures, orderBy, moreFilters) with { Limit = limit, Window = window ?? Window }, cancellationToken);

    /// <summary>Streams every group, however many; the keys come in the order of <paramref name="groupBy"/>.</summary>
    public IAsyncEnumerable<UsageRow> ReadGroupsAsync(
        IReadOnlyList<Dimension> groupBy, IReadOnlyList<Measure> measures, CancellationToken cancellationToken,
        string? orderBy = null, IReadOnlyList<UsageFilter>? moreFilters = null) =>
        Request.Log.ReadGroupsAsync(QueryOf(groupBy, measures, orderBy, moreFilters), cancellationToken);

    /// <param name="window">In place of the question's own, for comparisons.</param>
    /// <param name="columns">Columns the replay reads; null reads them all, which takes several times as long.</param>
    public IAsyncEnumerable<UsageEvent> ReadAsync(
        CancellationToken cancellationToken, string? wherePresent = null, IReadOnlyList<UsageFilter>? moreFilters = null,
        IReadOnlyList<string>? columns = null, TimeWindow? window = null) =>
        Request.Log.ReadAsync(ScanOf(wherePresent, moreFilters, columns, window), cancellationToken);

    /// <summary>The same rows by the batch: several times less to pay for each than one by one.</summary>
    /// <param name="columns">Columns the replay reads; null reads them all, which takes several times as long.</param>
    public IAsyncEnumerable<IReadOnlyList<UsageEvent>> ReadBatchesAsync(
        IReadOnlyList<string>? columns, CancellationToken cancellationToken, string? wherePresent = null,
        IReadOnlyList<UsageFilter>? moreFilters = null) =>
        Request.Log.ReadBatchesAsync(ScanOf(wherePresent, moreFilters, columns, window: null), cancellationToken);

    public void Exclude(string reason, long rows)
    {
        if (rows > 0)
            Excluded[reason] = Excluded.GetValueOrDefault(reason) + rows;
    }

    /// <summary>Keeps the id for the evidence, up to the limit.</summary>
    public void Sample(string eventId)
    {
        if (_samples.Count < MaxSamples && !_samples.Contains(eventId))
            _samples.Add(eventId);
    }

    /// <summary>Notes that a self-check held. One that does not is a mistake in the tool and must not reach a reader.</summary>
    /// <exception cref="InvalidOperationException">The check failed.</exception>
    public void Check(bool holds, string statement)
    {
        if (!holds)
            throw new InvalidOperationException($"{_tool.Name}: the self-check '{statement}' failed.");
        Checks.Add(statement);
    }

    /// <summary>Tells what the prices behind money figures rest on.</summary>
    public void ExplainPrices()
    {
        if (Totals.AssumedModelRows > 0)
            Assumptions.Add(string.Create(CultureInfo.InvariantCulture,
                $"Rows whose source names no model: {Totals.AssumedModelRows:N0}; they are priced as the model their import was told (model_assumed)."));
        if (Totals.BackfilledRows > 0)
            Assumptions.Add(string.Create(CultureInfo.InvariantCulture,
                $"Rows older than the first known price of their model: {Totals.BackfilledRows:N0}; that first "
                + $"price is used (price_backfilled)."));
        if (Totals.RetiredRows > 0)
            Assumptions.Add(string.Create(CultureInfo.InvariantCulture,
                $"Rows of a model the price list no longer carried: {Totals.RetiredRows:N0}; its last price is "
                + $"used (price_retired)."));
        if (Totals.Rows > Totals.PricedRows)
            Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Rows without a known price: {Totals.Rows - Totals.PricedRows:N0} of {Totals.Rows:N0}; their "
                + $"cost by the price book is unknown, not zero."));
    }

    /// <param name="start">Grade the computation deserves before the demotions of too few, unpriced or incomplete rows.</param>
    /// <param name="needsPrices">False for tools whose figures hold no money.</param>
    public ResultEnvelope Answer<TResult>(
        TResult result, JsonTypeInfo<TResult> type, Grade start, IReadOnlyList<string> nextTools,
        double? neededFieldShare = null, bool needsPrices = true, long? rowsUsed = null, IReadOnlyDictionary<string, Interval>? ci95 = null)
    {
        var used = rowsUsed ?? Totals.Rows - Excluded.Values.Sum();
        var grade = Grading.Grade(start, needsPrices ? Totals.PricedShare : null, neededFieldShare, used, Totals.Days, Caveats);
        return Envelope(JsonSerializer.SerializeToElement(result, type), grade, nextTools, used, ci95);
    }

    /// <summary>An answer that rests on what was given, not on rows of the log: the log's size lowers no grade.</summary>
    public ResultEnvelope AnswerApart<TResult>(
        TResult result, JsonTypeInfo<TResult> type, Grade grade, IReadOnlyList<string> nextTools) =>
        Envelope(JsonSerializer.SerializeToElement(result, type), grade, nextTools, 0, null);

    private ResultEnvelope Envelope(
        JsonElement result, Grade grade, IReadOnlyList<string> nextTools, long used, IReadOnlyDictionary<string, Interval>? ci95) =>
        new()
        {
            Tool = _tool.Name,
            Version = _version,
            Args = Arguments.InForce,
            Window = Window ?? (Totals.FirstStart is { } first && Totals.LastStart is { } last
                ? new TimeWindow(first, last.AddTicks(TimeSpan.TicksPerMicrosecond))
                : null),
            RowsIn = Totals.Rows + _notCounted.Values.Sum(),
            RowsUsed = used,
            RowsExcludedByReason = _notCounted.Count == 0 ? Excluded : Excluded.Concat(_notCounted).ToDictionary(StringComparer.Ordinal),
            PricedShare = Figures.Share(Totals.PricedShare),
            PriceMapVersion = Prices.Version,
            Result = result,
            Ci95 = ci95,
            Grade = grade,
            Assumptions = Assumptions,
            Evidence = new Evidence(QueryId(), Arguments.Has("group_by") ? Arguments.Texts("group_by") : [], _samples, Checks),
            Caveats = Caveats,
            NextTools = nextTools,
        };

    private UsageScan ScanOf(
        string? wherePresent, IReadOnlyList<UsageFilter>? moreFilters, IReadOnlyList<string>? columns, TimeWindow? window) => new()
    {
        Tenant = Request.Tenant,
        Window = window ?? Window,
        Filters = [.. Filters, .. moreFilters ?? []],
        WherePresent = wherePresent,
        Columns = columns,
    };

    private UsageQuery QueryOf(
        IReadOnlyList<Dimension> groupBy, IReadOnlyList<Measure> measures, string? orderBy, IReadOnlyList<UsageFilter>? moreFilters) => new()
    {
        Tenant = Request.Tenant,
        Window = Window,
        Filters = [.. Filters, .. moreFilters ?? []],
        GroupBy = groupBy,
        Measures = measures,
        OrderBy = orderBy,
        Descending = orderBy is not null,
    };

    private string QueryId()
    {
        var question = string.Create(CultureInfo.InvariantCulture,
            $"{_tool.Name}|{_version}|{Request.Tenant}|{Window?.From:O}|{Window?.To:O}|{Arguments.InForce.GetRawText()}|{Counted}|{Prices.Version}");
        return "q-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(question)))[..16];
    }

    private async Task TellNotCountedAsync(CancellationToken cancellationToken)
    {
        foreach (var kind in await Counted.ReadLeftOutAsync(Request.Log, Request.Tenant, Window, _asked, cancellationToken))
        {
            var (reason, what, filter) = kind.Name == CountedRows.DuplicatesName
                ? (QualityFlags.DuplicateSource, "Rows of calls that another source recorded too", "recorded_twice true")
                : (kind.Name, "Calls by Apex's own agents", $"source {CountedRows.OwnSource}");
            _notCounted[reason] = kind.Rows;
            Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"{what}: {kind.Rows:N0}, ${kind.Cost.Dollars:0.00####} by the price book. They are in no sum here; "
                + $"include {kind.Name} counts them, a filter on {filter} shows them alone."));
            await SampleAsync(kind, cancellationToken);
        }
    }

    private async Task SampleAsync(UncountedRows kind, CancellationToken cancellationToken)
    {
        var scan = new UsageScan { Tenant = Request.Tenant, Window = Window, Filters = kind.Filters, Columns = [UsageColumns.EventId] };
        var left = SamplesNotCounted;
        await foreach (var call in Request.Log.ReadAsync(scan, cancellationToken))
        {
            Sample(call.EventId);
            if (--left == 0)
                return;
        }
    }

    private async Task<LogTotals> SumAsync(CancellationToken cancellationToken)
    {
        var table = await QueryAsync(
            [],
            [
                new("rows", MeasureKind.Requests), new("priced", MeasureKind.PricedRequests),
                new("recorded_rows", MeasureKind.RecordedCostRequests), new("effective", MeasureKind.CostNano),
                new("list", MeasureKind.ListCostNano), new("recorded", MeasureKind.RecordedCostNano),
                new("backfilled", MeasureKind.Flagged, Field: PriceFlags.Backfilled),
                new("retired", MeasureKind.Flagged, Field: PriceFlags.Retired),
                new("outliers", MeasureKind.Flagged, Field: EventPricing.CostOutlier),
                new("assumed", MeasureKind.Flagged, Field: QualityFlags.ModelAssumed),
                new("first", MeasureKind.FirstStart), new("last", MeasureKind.LastStart),
            ],
            cancellationToken);
        var cells = new Cells(table, table.Rows.Count == 0 ? null : table.Rows[0]);
        return new LogTotals(
            cells.Count("rows"), cells.Count("priced"), cells.Count("recorded_rows"), cells.Money("effective"), cells.Money("list"),
            cells.Money("recorded"), cells.Count("backfilled"), cells.Count("retired"), cells.Count("outliers"), cells.Count("assumed"),
            cells.Time("first"), cells.Time("last"));
    }
}
