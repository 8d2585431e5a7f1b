using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.RoutingSim;

/// <summary>T27: what sending only some calls to the stronger of two models keeps of its quality and saves of its cost.</summary>
internal sealed class RoutingSimTool() : LogTool(
    "routing_sim", "T27", "What routing between a strong and a weak model keeps of the quality and saves of the cost, from calls both answered and somebody judged.",
    LabelledRows.Argument,
    new ArgumentSpec("source", ArgumentKind.Text, "Where the given rows come from, and which calls the router was trained on; told in the answer.", Max: 300),
    new ArgumentSpec("strong", ArgumentKind.Text, "The log's better model, for labels by prompt_hash and quality_score.", Max: 200),
    new ArgumentSpec("weak", ArgumentKind.Text, "The log's cheaper model.", Max: 200),
    ArgumentSpec.Number("target_gap", "Part of the quality between the two that is to be kept.", 0.8, 0, 1),
    ArgumentSpec.Whole("min_pairs", "Prompts of the log that both models must have answered with a score.", 30, 4, 1_000_000))
{
    private static readonly double[] Shares = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        if (inquiry.Arguments.Has("rows"))
        {
            inquiry.Assumptions.Add($"The rows were given ({inquiry.Arguments.FindText("source") ?? "source not told"}); nothing of them is checked against the log.");
            inquiry.Caveats.Add("A router judged on calls it was trained on flatters itself: give rows it has not seen.");
            var (given, grade) = Simulate(inquiry, LabelledRows.Read(inquiry.Arguments), 1);
            return inquiry.AnswerApart(given, ResultJson.Default.RoutingSimResult, grade, ["model_substitution", "pareto", "what_if"]);
        }

        var pairs = new PromptPairs(inquiry.Arguments.FindText("strong"), inquiry.Arguments.FindText("weak"));
        string[] columns = [.. UsageColumns.Model, UsageColumns.PromptHash, UsageColumns.Feature, UsageColumns.QualityScore, UsageColumns.CostEffective];
        if (pairs.IsNamed)
            await inquiry.EachAsync(columns, pairs.Add, cancellationToken);
        inquiry.Exclude("beyond_200000_prompts", pairs.Beyond);
        var (result, reached) = pairs.IsNamed
            ? Simulate(inquiry, pairs.HeldOut(), (inquiry.Arguments.Whole("min_pairs") + 1) / 2)
            : (Refusal("Name the models as strong and weak, for prompts of the log that both answered (the same prompt_hash, a quality_score each); or give labelled calls as rows.", 0), Grade.D);
        if (result.Answered)
        {
            inquiry.ExplainPrices();
            inquiry.Assumptions.Add("The router goes by feature: those whose quality gains most on one half of the prompts go to the strong model first; every figure is of the other half.");
        }

        return inquiry.Answer(
            result, ResultJson.Default.RoutingSimResult, reached, ["model_substitution", "pareto", "what_if"], needsPrices: result.Answered,
            rowsUsed: pairs.RowsUsed);
    }

    private static (RoutingSimResult Result, Grade Grade) Simulate(Inquiry inquiry, IReadOnlyList<JudgedCall> calls, int least)
    {
        if (calls.Count < least || calls.Count == 0)
            return (Refusal($"Only {calls.Count} judged prompts are left to test on, {least} are wanted: send a sample to both models and score the answers.", calls.Count), Grade.D);
        var curve = new RoutingCurve(calls);
        if (curve.StrongQuality - curve.WeakQuality < 1e-9)
            return (Refusal("The strong model is not better than the weak one on these calls: there is no quality to keep by routing.", calls.Count), Grade.D);
        var target = curve.At(curve.ShareFor(inquiry.Arguments.Number("target_gap")));
        var points = Shares.Select(curve.At).ToList();
        inquiry.Check(points[0].GapRecovered == 0 && points[^1].GapRecovered == 1, "the curve runs from the weak model to the strong one");
        inquiry.Check(Math.Abs(points[^1].SavingUsd) < 0.00000001m, "sending everything to the strong model saves nothing");
        inquiry.Assumptions.Add("Calls of equal score are drawn by lot. A cascade pays the weak model for every call and takes the score for its judge.");
        if (curve.Apgr() <= 0.5)
            inquiry.Caveats.Add("This router is no better than drawing lots (APGR 0.5).");
        return (
            new RoutingSimResult(
                true, null, calls.Count, Figures.Share(curve.StrongQuality), Figures.Share(curve.WeakQuality), RoutingCurve.Usd(curve.StrongCost),
                RoutingCurve.Usd(curve.WeakCost), Figures.Share(curve.Apgr()), Figures.Share(curve.ShareFor(0.5)), Figures.Share(curve.ShareFor(0.8)), target, points),
            Grade.C);
    }

    private static RoutingSimResult Refusal(string reason, long calls) => new(false, reason, calls, 0, 0, 0, 0, 0, 0, 0, null, []);
}
