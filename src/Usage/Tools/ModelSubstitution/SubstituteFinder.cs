using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tools.ModelSubstitution;

/// <summary>Weighs candidates for a segment: may they, do they keep the quality, what do they cost.</summary>
internal sealed class SubstituteFinder(
    PriceBook prices, DateTimeOffset at, IReadOnlyList<CandidateModel> candidates, IReadOnlyList<string> required,
    IReadOnlyDictionary<(string? Feature, string Model), SegmentTraffic> segments, SubstitutionRules rules)
{
    /// <summary>Null when the segment's own model has no price.</summary>
    public Segment? Weigh(SegmentTraffic segment, double inputP999)
    {
        if (segment.Traffic.Cost(prices, segment.Model, segment.Provider, at) is not { } now)
            return null;
        var needs = segment.Needs.Concat(required).Distinct().Order(StringComparer.Ordinal).ToList();
        var (found, rejected) = (new List<Substitute>(), new List<Rejected>());
        foreach (var candidate in candidates.Where(candidate => candidate.Model != segment.Model))
        {
            var notes = new List<string>();
            if (Reject(candidate, needs, inputP999, notes) is { } reason)
                rejected.Add(new Rejected(candidate.Model, reason));
            else if (Substitute(segment, candidate, now, notes) is { } substitute)
                found.Add(substitute);
            else
                rejected.Add(new Rejected(candidate.Model, "no known price"));
        }

        var ranked = found.OrderByDescending(substitute => substitute.SavingUsd).ThenBy(substitute => substitute.Model, StringComparer.Ordinal).ToList();
        var suggested = ranked.FirstOrDefault(substitute => substitute is { Verdict: "keeps", SavingLowUsd: > 0 });
        return new Segment(
            segment.Feature, segment.Model, segment.Traffic.Requests, segment.Cost.Dollars, now.Dollars, inputP999, needs,
            Own(segment) ?? Prior(segment.Model), suggested?.Model, ranked, rejected);
    }

    private string? Reject(CandidateModel candidate, List<string> needs, double inputP999, List<string> notes)
    {
        if (prices.Facts(candidate.Model) is not { } facts)
            return "no known price";
        if (facts.MaxInputTokens is { } most && most < inputP999)
            return FormattableString.Invariant($"takes {most:N0} input tokens, {inputP999:N0} are needed (99.9th percentile)");
        if (facts.MaxInputTokens is null)
            notes.Add("Its context size is not known.");
        if (facts.Abilities is null && needs.Count > 0)
            notes.Add($"Whether it can do what the calls need ({string.Join(", ", needs)}) is not known.");
        var missing = facts.Abilities is null ? [] : needs.Except(facts.Abilities).ToList();
        return missing.Count == 0 ? null : $"cannot do what the calls need: {string.Join(", ", missing)}";
    }

    private Substitute? Substitute(SegmentTraffic segment, CandidateModel candidate, NanoDollars now, List<string> notes)
    {
        var tokenizer = (decimal)(candidate.TokenizerRatio ?? 1);
        if (segment.Traffic.Cost(prices, candidate.Model, null, at, tokenizer, (decimal)(candidate.Verbosity ?? 1)) is not { } cost)
            return null;
        var (before, after, verdict) = Compare(segment, candidate);
        var band = (decimal)rules.Band;
        var grade = verdict == "unknown" ? Grade.D : Grade.C;
        return new Substitute(
            candidate.Model, cost.Dollars, (now - cost).Dollars, Rounded(now.Dollars - (cost.Dollars * (1 + band))),
            Rounded(now.Dollars - (cost.Dollars * (1 - band))), rules.Monthly((now - cost).Dollars), after, verdict, grade.ToString(),
            ShadowTest(before?.Value ?? 0.5), notes);
    }

    /// <summary>Quality of one kind for both models, best kind first.</summary>
    private (Quality? Before, Quality? After, string Verdict) Compare(SegmentTraffic segment, CandidateModel candidate)
    {
        segments.TryGetValue((segment.Feature, candidate.Model), out var other);
        foreach (var (before, after) in new[]
        {
            (segment.OwnEvals(rules.MinRows), other?.OwnEvals(rules.MinRows)), (segment.OwnOutcomes(rules.MinRows), other?.OwnOutcomes(rules.MinRows)),
            (Prior(segment.Model), Prior(candidate.Model)),
        })
            if (before is not null && after is not null)
                return (before, after, after.Value >= before.Value - rules.Margin ? "keeps" : "loses");
        return (Own(segment) ?? Prior(segment.Model), null, "unknown");
    }

    private Quality? Own(SegmentTraffic segment) => segment.OwnEvals(rules.MinRows) ?? segment.OwnOutcomes(rules.MinRows);

    private Quality? Prior(string model) =>
        candidates.FirstOrDefault(candidate => candidate.Model == model)?.PublicQuality is { } quality ? new Quality(quality, "public_prior", 0) : null;

    /// <summary>n = 2·p·(1 − p)·(z_α + z_β)² / δ². A share of 0 or 1 is taken as 5 % away from it: nothing is that sure.</summary>
    private long ShadowTest(double quality)
    {
        const double z = 1.6448536269514722 + 0.8416212335729143;
        var p = Math.Clamp(quality, 0.05, 0.95);
        return (long)Math.Ceiling(2 * p * (1 - p) * z * z / (rules.Margin * rules.Margin));
    }

    private static decimal Rounded(decimal usd) => decimal.Round(usd, 9);
}

/// <param name="Margin">Quality that may be lost, on the scale 0 to 1.</param>
/// <param name="Band">How much dearer or cheaper the new model may turn out, because it writes more or less.</param>
/// <param name="DaysSpanned">Null when the rows span under a day.</param>
internal sealed record SubstitutionRules(double Margin, double Band, int MinRows, int? DaysSpanned)
{
    public decimal? Monthly(decimal usd) => DaysSpanned is { } days ? decimal.Round(usd / days * 30, 9) : null;
}
