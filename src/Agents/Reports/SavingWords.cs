using Apex.Agents.Figures;

namespace Apex.Agents.Reports;

/// <summary>What the analyses of savings found, in words.</summary>
internal static class SavingWords
{
    public static Finding? CacheEffectiveness(ReportWriter write, Envelope found)
    {
        if (found.Number("/result/totals/read_tokens") is not { } read)
            return null;
        if (read <= 0 && found.Number("/result/totals/written_tokens") is 0 or null)
            return Finding.Nothing($"No call reports tokens read from a prompt cache or written to one.");
        const string net = "/result/totals/net_saving_usd";
        Prose use = found.Number(net) < 0
            ? (Prose)$"The prompt caches in use read {write.Share(found, "/result/totals/read_share")} of the input tokens, and writing to them cost more than reading saved: {write.Dollars(found, net)} in all."
            : (Prose)$"The prompt caches in use read {write.Share(found, "/result/totals/read_share")} of the input tokens, and saved {write.Dollars(found, net)} after what writing to them costs.";
        const string negative = "/result/negative_caches";
        return found.Number(negative) is > 0
            ? Finding.Of(use, $"{Cells.Counted(write.Count(found, negative), found.Number(negative), "of them costs", "of them cost")} more than is read back: {write.Dollars(found, "/result/lost_usd")} lost.")
            : Finding.Of(use);
    }

    public static Finding? NearDuplicate(ReportWriter write, Envelope found)
    {
        const string hits = "/result/potential_hits";
        if (found.Number(hits) is not { } potential)
            return null;
        const string gated = "/result/gated_hits";
        var alike = Cells.Counted(write.Count(found, hits, "requests"), potential, "call is", "calls are");
        return (potential, found.Number(gated)) switch
        {
            ( <= 0, _) => Finding.Nothing($"None of the {write.Count(found, "/result/eligible_requests", "requests")} calls that may be answered from a cache is nearly like an earlier one."),
            (_, > 0) => Finding.Of($"{alike} nearly like an earlier one; {Cells.Counted(write.Count(found, gated, "requests"), found.Number(gated), "of them passes every check and", "of them pass every check and")} would have saved {write.Dollars(found, "/result/gated_usd")}."),
            _ => Finding.Of($"{alike} nearly like an earlier one, but none of them passes every check, so no saving can be counted on."),
        };
    }

    public static Finding? ModelSubstitution(ReportWriter write, Envelope found)
    {
        if (found.Number("/result/saving_usd") is not { } saving || found.Items("/result/segments").Count == 0)
            return null;
        return saving > 0
            ? Finding.Of($"Cheaper models that were judged good enough would have saved {write.Dollars(found, "/result/saving_usd")} ({write.Dollars(found, "/result/saving_low_usd")} to {write.Dollars(found, "/result/saving_high_usd")}).")
            : Finding.Nothing($"For no group of calls is a cheaper model known to be good enough: that takes answers that were scored, or a shadow test.");
    }

    public static Finding? TierShift(ReportWriter write, Envelope found) => found.Number("/result/saving_usd") switch
    {
        null => null,
        > 0 => Finding.Of($"At slower or plainer service tiers the calls that may take them would have cost {write.Dollars(found, "/result/saving_usd")} less."),
        _ => Finding.Nothing($"No call is known to be able to take a cheaper service tier of its own model."),
    };
}
