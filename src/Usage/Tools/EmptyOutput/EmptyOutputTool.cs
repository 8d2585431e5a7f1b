using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.EmptyOutput;

/// <summary>T39: input paid for without an answer.</summary>
internal sealed class EmptyOutputTool() : LogTool(
    "empty_output", "T39", "Input that was paid for and brought no answer: empty, filtered, cancelled and unfinished calls, with what they cost.",
    ArgumentSpec.GroupBy("Shares and waste by these dimensions.", Dimension.Feature, Dimension.Model),
    ArgumentSpec.Whole("limit", "Groups shown, dearest first.", 20, 1, 200))
{
    /// <summary>Share of a source's streams that must tell their finish for a missing one to mean anything.</summary>
    private const double FinishTold = 0.8;

    private static readonly string[] Columns =
    [
        UsageColumns.EventId, UsageColumns.Source, UsageColumns.Operation, UsageColumns.Status, UsageColumns.FinishReason,
        UsageColumns.Stream, UsageColumns.ToolCallCount, .. UsageColumns.Tokens, UsageColumns.CostRecorded,
        UsageColumns.CostRecordedCurrency, UsageColumns.CostEffective
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var telling = await TellingSourcesAsync(inquiry, cancellationToken);
        var tally = new EmptyTally(inquiry, telling);
        await inquiry.EachAsync([.. Columns, .. DimensionValue.Columns(inquiry.Arguments.GroupBy())], tally.Add, cancellationToken);
        var intervals = new Dictionary<string, Interval>();
        var result = tally.Result(inquiry.Arguments.Whole("limit"), intervals);

        inquiry.ExplainPrices();
        tally.Groups.Explain(inquiry);
        inquiry.Check(result.Kinds.Sum(kind => kind.Calls) == result.EmptyCalls, "the kinds sum to the whole");
        inquiry.Check(
            result.AnswerableCalls + result.FailedCalls + result.CallsWithoutOutputByNature == inquiry.Totals.Rows, "every row is of one kind");
        inquiry.Assumptions.Add("A call is billed at the lower of its recorded and its computed cost.");
        inquiry.Assumptions.Add("Embeddings and calls that only called tools answer in no tokens and are left out.");
        if (telling.Count == 0 && inquiry.Totals.Rows > 0)
            inquiry.Caveats.Add("No source tells how its streams finished (finish_reason), so unfinished streams cannot be seen.");
        if (result.Kinds.Any(kind => kind.Kind == "blocked"))
            inquiry.Caveats.Add("Filtered answers may be what was wanted: they are a cost of safety before they are waste.");
        return inquiry.Answer(
            result, ResultJson.Default.EmptyOutputResult, Grade.A, ["retry_waste", "output_limits", "rank_actions"], ci95: intervals);
    }

    private static async Task<HashSet<string>> TellingSourcesAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var table = await inquiry.QueryAsync(
            [Dimension.Source], [new("rows", MeasureKind.Requests), new("told", MeasureKind.Present, Field: UsageColumns.FinishReason)], cancellationToken,
            moreFilters: [new(Dimension.Status, FilterOperator.Equal, ["success"])]);
        return table.Rows.Select(row => new Cells(table, row)).Where(cells => cells.Count("told") >= FinishTold * cells.Count("rows"))
            .Select(cells => cells.Key(0) ?? "").ToHashSet(StringComparer.Ordinal);
    }
}

/// <summary>Sums by kind and by group.</summary>
internal sealed class EmptyTally(Inquiry inquiry, HashSet<string> telling)
{
    private readonly SortedDictionary<OutputKind, KindSum> _kinds = [];
    private readonly DailyAmounts _daily = new();
    private long _answerable;
    private long _empty;
    private long _failed;
    private long _none;
    private NanoDollars _waste;

    public Grouping<GroupSum> Groups { get; } = new(inquiry.Arguments.GroupBy(), () => new GroupSum());

    public void Add(UsageEvent call)
    {
        var kind = OutputKinds.Of(call, telling.Contains(call.Source));
        if (kind is OutputKind.Failed or OutputKind.NoneExpected)
        {
            _failed += kind == OutputKind.Failed ? 1 : 0;
            _none += kind == OutputKind.NoneExpected ? 1 : 0;
            return;
        }

        var group = Groups.Of(call);
        group.Answerable++;
        _answerable++;
        if (kind == OutputKind.Answered)
            return;

        var billed = Billed.Of(call);
        _empty++;
        _waste += billed;
        group.Empty++;
        group.Waste += billed;
        _daily.Add(call.StartedAt, billed);
        _kinds[kind] = _kinds.GetValueOrDefault(kind).With(call, billed);
        inquiry.Sample(call.EventId);
    }

    public EmptyOutputResult Result(int limit, Dictionary<string, Interval> intervals)
    {
        var (monthly, interval) = inquiry.PerMonth(_daily);
        if (interval is not null)
            intervals["/waste_per_month_usd"] = interval;
        if (Proportion.Wilson(_empty, _answerable) is { } share)
            intervals["/empty_share"] = share;
        var groups = Groups.All.Where(group => group.State.Empty > 0).OrderByDescending(group => group.State.Waste)
            .ThenByDescending(group => group.State.Empty).ThenBy(group => string.Join('\u001f', group.Keys), StringComparer.Ordinal).ToList();
        return new EmptyOutputResult(
            _answerable, _empty, Figures.Share(_empty, _answerable), _waste.Dollars,
            Math.Clamp(Figures.Share(_waste, inquiry.Totals.Effective), 0, 1), monthly,
            _kinds.Select(pair => new EmptyKind(
                SnakeCase.Of(pair.Key), pair.Value.Calls, pair.Value.Input, pair.Value.Output, pair.Value.Waste.Dollars)).ToList(),
            groups.Take(limit).Select(Shown).ToList(), Math.Max(0, groups.Count - limit), _failed, _none);
    }

    private EmptyGroup Shown((IReadOnlyList<string?> Keys, GroupSum State) group)
    {
        var interval = Proportion.Wilson(group.State.Empty, group.State.Answerable) ?? new Interval(0, 1);
        return new EmptyGroup(
            Groups.Shown(group.Keys), group.State.Answerable, group.State.Empty, Figures.Share(group.State.Empty, group.State.Answerable),
            interval.Low, interval.High, group.State.Waste.Dollars);
    }

    internal sealed class GroupSum
    {
        public long Answerable { get; set; }
        public long Empty { get; set; }
        public NanoDollars Waste { get; set; }
    }

    private readonly record struct KindSum(long Calls, long Input, long Output, NanoDollars Waste)
    {
        public KindSum With(UsageEvent call, NanoDollars billed) =>
            new(Calls + 1, Input + call.InputTotal, Output + call.OutputTotal, Waste + billed);
    }
}
