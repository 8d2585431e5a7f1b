using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.NearDuplicate;

/// <summary>T21: prompts that are nearly the same as an earlier one, and how far serving its answer could be trusted.</summary>
internal sealed class NearDuplicateTool() : LogTool(
    "near_duplicate", "T21", "How many prompts are nearly the same as an earlier one, how many of them pass a gate for numbers, negations and content, and how wrong serving them could be.",
    ArgumentSpec.Number("threshold", "Jaccard similarity of word shingles from which two prompts count as alike.", 0.9, 0.5, 1),
    ArgumentSpec.Number("ttl_minutes", "How long an answer may be served again; 0: for ever.", 1_440, 0, 5_256_000),
    ArgumentSpec.Choice("scope", "tenant: all users share answers; user: nobody is served another's answer.", "tenant", "tenant", "user"),
    ArgumentSpec.Choice("temperature", "zero: only calls with temperature 0; any: whatever the temperature.", "zero", "zero", "any"),
    ArgumentSpec.Number("reviewed_pairs", "How many of the pairs a person has read.", 0, 0, 1_000_000),
    ArgumentSpec.Number("wrong_pairs", "How many of these needed another answer.", 0, 0, 1_000_000),
    ArgumentSpec.Whole("pairs", "Pairs shown for review, of each kind.", 30, 1, 500))
{
    private static readonly IReadOnlyList<string> Columns =
    [
        UsageColumns.EventId, UsageColumns.Operation, .. UsageColumns.Model, UsageColumns.PromptHash, UsageColumns.PromptNormHash,
        UsageColumns.MinHash, UsageColumns.SystemHash, UsageColumns.ToolsHash, UsageColumns.ToolCallCount, UsageColumns.Temperature,
        UsageColumns.UserId, UsageColumns.Status, UsageColumns.Feature, UsageColumns.CostEffective, UsageColumns.OutVisible,
        UsageColumns.OutReasoning, UsageColumns.OutAudio,
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var review = Review(inquiry.Arguments);
        var replay = new NearReplay(
            inquiry.Arguments.Number("threshold"), ReplayGrid.Minutes(inquiry.Arguments.Number("ttl_minutes")),
            inquiry.Arguments.Choice("scope") == "user", inquiry.Arguments.Choice("temperature") == "any", inquiry.Arguments.Whole("pairs"));
        long read = 0;
        await foreach (var call in inquiry.ReadAsync(cancellationToken, UsageColumns.MinHash, columns: Columns))
        {
            if (replay.Add(call) is { } reason)
                inquiry.Exclude(reason, 1);
            if (++read % 10_000 == 0)
                inquiry.Request.Progress?.Report(read);
        }

        inquiry.Exclude(NearReplay.NoMinHash, inquiry.Totals.Rows - read);
        var result = Result(inquiry, replay, review);
        if (!result.Answered)
            return inquiry.Answer(result, ResultJson.Default.NearDuplicateResult, Grade.D, ["sufficiency", "exact_cache_sim"], 0, needsPrices: false, rowsUsed: 0);

        foreach (var pair in result.Pairs)
            inquiry.Sample(pair.EventId);
        Explain(inquiry, replay, result);
        var (low, high) = ErrorBound.Wilson(result.GatedHits, result.EligibleRequests);
        var intervals = new Dictionary<string, Interval> { ["/gated_share"] = new(Figures.Share(low), Figures.Share(high)) };
        if (replay.Daily.PerMonthInterval() is { } interval)
            intervals["/gated_per_month_usd"] = interval;
        return inquiry.Answer(
            result, ResultJson.Default.NearDuplicateResult, review is null ? Grade.D : Grade.C, ["exact_cache_sim", "prefix_cache_sim"],
            rowsUsed: result.EligibleRequests, ci95: intervals);
    }

    private static ReviewedSample? Review(ToolArguments arguments)
    {
        var (reviewed, wrong) = (arguments.Number("reviewed_pairs"), arguments.Number("wrong_pairs"));
        if (reviewed != Math.Floor(reviewed) || wrong != Math.Floor(wrong) || wrong > reviewed)
            throw new ToolArgumentException("wrong_pairs", string.Create(CultureInfo.InvariantCulture,
                $"wrong_pairs is {wrong} of reviewed_pairs {reviewed}; whole numbers are allowed, and no more wrong than reviewed."));
        return reviewed == 0 ? null : new ReviewedSample((int)reviewed, (int)wrong);
    }

    private static NearDuplicateResult Result(Inquiry inquiry, NearReplay replay, ReviewedSample? review)
    {
        var potential = replay.Gated + replay.SimilarOnly;
        return new NearDuplicateResult(
            replay.Eligible > 0, replay.Eligible > 0 ? null : Reason(inquiry), inquiry.Totals.Rows, replay.Eligible, replay.ExactRepeats, potential,
            replay.Gated, replay.SimilarOnly, replay.WithoutNormHash, Figures.Share(potential, replay.Eligible), Figures.Share(replay.Gated, replay.Eligible),
            replay.Daily.Total, replay.Daily.PerMonth(), replay.PotentialUsd, review,
            review is null ? null : Figures.Share(ErrorBound.Upper(review.WrongPairs, review.ReviewedPairs)), replay.Pairs());
    }

    private static string Reason(Inquiry inquiry) => inquiry.Excluded.Keys.All(reason => reason == NearReplay.NoMinHash)
        ? "No row carries minhash, a signature of 128 minima over the prompt's word shingles. Log it with prompt_hash and prompt_norm_hash and ask again; no text is needed."
        : "No call with a minhash may be served from a store of answers; rows_excluded_by_reason says why. Where repeated answers are welcome whatever the "
          + "temperature, ask with temperature \"any\".";

    private static void Explain(Inquiry inquiry, NearReplay replay, NearDuplicateResult result)
    {
        inquiry.ExplainPrices();
        inquiry.Check(result.GatedUsd <= result.PotentialUsd, "gated hits cost no more than potential ones");
        inquiry.Check(result.ExactRepeats + result.PotentialHits <= result.EligibleRequests, "no call is counted twice");
        inquiry.Assumptions.Add(
            "Prompts are compared within one scope, operation, model, system text and tool set. The gate is an equal prompt_norm_hash: the same numbers, "
            + "signs, negations and content words in the same order. Similarity is estimated from 128 minima (standard error 0.027 at 0.9).");
        if (result.Review is { } review)
            inquiry.Assumptions.Add(string.Create(CultureInfo.InvariantCulture,
                $"The {review.ReviewedPairs:N0} reviewed pairs were drawn by chance from the gated ones; the bound is Clopper and Pearson's, one-sided at 95 %."));
        else
            inquiry.Caveats.Add("Advice only: nobody has read a sample of the pairs. Read the ones shown, then ask again with reviewed_pairs and wrong_pairs.");
        if (result.SimilarOnly > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Alike and not the same: {result.SimilarOnly:N0} prompts. A cache by similarity alone would have answered them with another question's answer."));
        if (result.UngatedForLackOfHash > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Pairs that could not be gated because a row has no prompt_norm_hash: {result.UngatedForLackOfHash:N0}; they count as similar only."));
        if (replay.ForgottenPrompts > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"The oldest {replay.ForgottenPrompts:N0} prompts were forgotten to bound memory, so hits are a lower bound."));
    }
}
