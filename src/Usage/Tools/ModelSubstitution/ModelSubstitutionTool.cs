using Apex.Usage.Prices;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.ModelSubstitution;

/// <summary>T26: which cheaper model could do each feature's work, what it saves, and how large a test would show it.</summary>
internal sealed class ModelSubstitutionTool() : LogTool(
    "model_substitution", "T26", "Which cheaper model could do each feature's work, what that saves as a band, and how large a test would show it.",
    CandidateModel.Argument,
    new ArgumentSpec("quality_source", ArgumentKind.Text, "Where the given quality comes from; told in the answer.", Max: 300),
    new ArgumentSpec("require", ArgumentKind.Texts, "Abilities every candidate must have beside those the calls used: tools, vision, audio, schema, reasoning.", Max: 5),
    ArgumentSpec.Number("margin", "Quality that may be lost, on the scale 0 to 1.", 0.02, 0.001, 0.5),
    ArgumentSpec.Number("band", "How much dearer or cheaper a new model may turn out because it writes more or less.", 0.15, 0, 1),
    ArgumentSpec.Whole("min_rows", "Judged calls each model needs for its own quality to count.", 30, 1, 1_000_000),
    ArgumentSpec.Whole("limit", "Segments shown, the dearest first.", 12, 1, 200))
{
    private const int MaxSegments = 5_000;
    private const int MaxOwnModels = 25;

    private static readonly string[] Columns =
    [
        UsageColumns.EventId, .. UsageColumns.Pricing, UsageColumns.Feature, UsageColumns.ToolsHash,
        UsageColumns.ToolCallCount, UsageColumns.QualityScore, UsageColumns.Outcome, UsageColumns.CostEffective
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var required = Required(inquiry.Arguments);
        var segments = await ReadAsync(inquiry, cancellationToken);
        var given = CandidateModel.Read(inquiry.Arguments);
        var candidates = given.Count > 0 ? given : segments.Values.GroupBy(segment => segment.Model)
            .Where(group => inquiry.Prices.Facts(group.Key) is not null)
            .OrderByDescending(group => group.Sum(segment => segment.Traffic.Requests)).ThenBy(group => group.Key, StringComparer.Ordinal)
            .Take(MaxOwnModels).Select(group => new CandidateModel(group.Key)).ToList();
        var rules = new SubstitutionRules(
            inquiry.Arguments.Number("margin"), inquiry.Arguments.Number("band"), inquiry.Arguments.Whole("min_rows"),
            inquiry.Totals.LastStart - inquiry.Totals.FirstStart >= TimeSpan.FromDays(1) ? inquiry.Totals.Days : null);
        var weighed = new List<Segment>();
        if (inquiry.Totals.LastStart is { } at)
        {
            var needs = await InputNeedsAsync(inquiry, cancellationToken);
            var finder = new SubstituteFinder(inquiry.Prices, at, candidates, required, segments, rules);
            foreach (var segment in segments.Values.OrderByDescending(segment => segment.Cost).ThenBy(segment => segment.Feature, StringComparer.Ordinal)
                .ThenBy(segment => segment.Model, StringComparer.Ordinal))
                if (finder.Weigh(segment, needs.GetValueOrDefault((segment.Feature, segment.Model))) is { } found)
                    weighed.Add(found);
        }

        foreach (var segment in weighed.Where(segment => segment.Suggested is not null))
            inquiry.Sample(segments[(segment.Feature, segment.Model)].SampleEventId ?? "");
        var result = Result(inquiry, weighed, rules);
        Explain(inquiry, result, given.Count > 0);
        return inquiry.Answer(
            result, ResultJson.Default.ModelSubstitutionResult,
            weighed.Any(segment => segment.Candidates.Any(candidate => candidate.Verdict != "unknown")) ? Grade.C : Grade.D,
            ["pareto", "routing_sim", "what_if", "rank_actions"]);
    }

    private static IReadOnlyList<string> Required(ToolArguments arguments)
    {
        var required = arguments.Texts("require");
        if (arguments.Find("require") is { } given && required.Except(ModelAbilities.All).Any())
            throw ArgumentCheck.Refuse("require", given, $"abilities among {string.Join(", ", ModelAbilities.All)}");
        return required;
    }

    private static async Task<Dictionary<(string? Feature, string Model), SegmentTraffic>> ReadAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var classes = new LengthClasses(inquiry.Prices);
        var segments = new Dictionary<(string? Feature, string Model), SegmentTraffic>();
        await inquiry.EachAsync(
            Columns,
            call =>
            {
                if (call.Model is not { } model || call.CostEffective is null)
                {
                    inquiry.Exclude(call.Model is null ? "no_model" : "unpriced", 1);
                    return;
                }

                var key = (call.Feature, model);
                if (!segments.TryGetValue(key, out var segment) && segments.Count < MaxSegments)
                    segments[key] = segment = new SegmentTraffic(call.Feature, model, call.Provider, classes);
                if (segment is null)
                    inquiry.Exclude("beyond_5000_segments", 1);
                segment?.Add(call);
            },
            cancellationToken);
        return segments;
    }

    private static async Task<Dictionary<(string? Feature, string Model), double>> InputNeedsAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var table = await inquiry.QueryAsync(
            [Dimension.Feature, Dimension.Model], [new("p999", MeasureKind.Percentile, RowValue.InputTokens, 0.999)], cancellationToken);
        return table.Rows.Where(row => row.Keys[1] is not null)
            .ToDictionary(row => (row.Keys[0], row.Keys[1] ?? ""), row => Figures.Number(new Cells(table, row).Number("p999") ?? 0));
    }

    private static ModelSubstitutionResult Result(Inquiry inquiry, List<Segment> weighed, SubstitutionRules rules)
    {
        var limit = inquiry.Arguments.Whole("limit");
        var suggested = weighed.SelectMany(segment => segment.Candidates.Where(candidate => candidate.Model == segment.Suggested)).ToList();
        var (mid, low, high) = (suggested.Sum(one => one.SavingUsd), suggested.Sum(one => one.SavingLowUsd), suggested.Sum(one => one.SavingHighUsd));
        var reason = weighed.Count == 0 ? "No call has both a model and a known price."
            : weighed.All(segment => segment.Candidates.Count == 0)
                ? "There is no model to change to: the log knows one, or none of the candidates fits. Name models in candidates."
                : null;
        return new ModelSubstitutionResult(
            reason is null, reason, inquiry.Totals.LastStart, rules.Margin, rules.Band, mid, low, high, rules.Monthly(mid), rules.Monthly(low),
            weighed.Take(limit).ToList(), Math.Max(0, weighed.Count - limit));
    }

    private static void Explain(Inquiry inquiry, ModelSubstitutionResult result, bool isGiven)
    {
        inquiry.ExplainPrices();
        inquiry.Check(result.SavingLowUsd <= result.SavingUsd && result.SavingUsd <= result.SavingHighUsd, "the band encloses the saving");
        inquiry.Check(
            result.Segments.SelectMany(segment => segment.Candidates.Select(candidate => segment.CostNowUsd - candidate.CostUsd - candidate.SavingUsd)).All(rest => rest == 0),
            "every saving is the cost now less the cost on the candidate");
        inquiry.Assumptions.Add(
            "Both models are priced by the rows in force at the last row, on the same tokens times the given tokenizer "
            + "ratio and verbosity (1 where none is given); the band covers what those may be off.");
        inquiry.Assumptions.Add("Cached tokens stay cached on the new model; without a cache price of its own they cost what plain input does.");
        if (isGiven && inquiry.Arguments.FindText("quality_source") is { } source)
            inquiry.Assumptions.Add($"Public quality as given ({source}); nothing of it is checked against the log.");
        if (!isGiven)
            inquiry.Assumptions.Add("Candidates are the models this log already uses; name others in candidates.");
        if (result.Segments.Any(segment => segment.Candidates.Any(candidate => candidate.Verdict == "unknown")))
            inquiry.Caveats.Add(
                "Where the quality on the new model is unknown the saving is an indication only (D): shadow-test before moving traffic.");
        inquiry.Caveats.Add("A public benchmark is a prior about other people's tasks; a model's own scores in another feature are no evidence either.");
    }
}
