using Apex.Agents.Figures;

namespace Apex.Agents.Reports;

/// <summary>What the analyses of spend found, in words.</summary>
internal static class SpendWords
{
    /// <summary>Below it <c>change_points</c> finds no break whatever the days hold, and says so.</summary>
    private const int FewestDaysOfBreaks = 10;

    /// <summary>Of fewer, a tenth is one of them or none.</summary>
    private const int FewestForATenth = 10;

    public static Finding? UnitEconomics(ReportWriter write, Envelope found)
    {
        if (found.Number("/result/total/cost_per_unit_usd") is null)
            return null;
        var between = found.Number("/result/total/ci95/low") is null
            ? Inline.Nothing
            : new Inline($" (95 % interval of that mean: {write.Dollars(found, "/result/total/ci95/low").Markdown} to {write.Dollars(found, "/result/total/ci95/high").Markdown})");
        // Only calls with a known price are divided: a log holds more of them than that.
        Prose cost = $"The mean cost per {Inline.Words((found.Text("/result/unit") ?? "unit").Replace('_', ' '))} is {write.Dollars(found, "/result/total/cost_per_unit_usd")}{between}, over the {write.Count(found, "/result/total/units")} whose cost is known.";
        return found.Number("/result/total/margin_usd") is null
            ? Finding.Of(cost)
            : Finding.Of(cost, $"Against what one brings in, that leaves {write.Dollars(found, "/result/total/margin_usd")} of each.");
    }

    public static Finding? Concentration(ReportWriter write, Envelope found)
    {
        if (found.Items("/result/top") is not [var first, ..])
            return null;
        var what = Inline.Quoted(found.Text("/result/by") ?? "user");
        Prose most = $"The most expensive {what}, {Inline.Name(found.Text($"{first}/key"))}, makes {write.Share(found, $"{first}/cost_share")} of the cost ({write.Dollars(found, $"{first}/cost_usd")}).";
        return found.Number("/result/count") switch
        {
            null or <= 1 => Finding.Of(most, $"There is no other."),
            < FewestForATenth => Finding.Of(most, $"There are {write.Count(found, "/result/count")} in all, and half of them cost at most {write.Dollars(found, "/result/median_usd")} each."),
            _ => Finding.Of(most, $"The top tenth of the {write.Count(found, "/result/count")} makes {write.Share(found, "/result/top_tenth_cost_share")}, and half of them cost at most {write.Dollars(found, "/result/median_usd")} each."),
        };
    }

    public static Finding? PriceLint(ReportWriter write, Envelope found)
    {
        if (found.Number("/result/keys_checked") is null)
            return null;
        var keys = Cells.Counted(write.Count(found, "/result/keys_checked"), found.Number("/result/keys_checked"), "model's prices", "models' prices");
        if (found.Items("/result/findings") is not [var first, ..])
            return Finding.Nothing($"{keys} were checked, and nothing about them is odd.");
        return Finding.Of(
            $"{keys} were checked; {Cells.Counted(write.Count(found, "/result/finding_count"), found.Number("/result/finding_count"), "thing is", "things are")} odd, and {write.Dollars(found, "/result/touched_usd")} of cost rests on it.",
            $"The first: {Cells.Note(found, $"{first}/message")}");
    }

    public static Finding? ChangePoints(ReportWriter write, Envelope found)
    {
        if (found.Items("/result/segments") is not [var first, ..] segments)
            return null;
        if (segments.Count == 1)
        {
            var days = Cells.Counted(write.Count(found, "/result/days", "days"), found.Number("/result/days"), "day", "days");
            return found.Number("/result/days") < FewestDaysOfBreaks
                ? Finding.Nothing($"Whether the cost of a request changed its level cannot be told from {days} with priced calls; on the usual one a call cost {write.Dollars(found, $"{first}/usd_per_request")}.")
                : Finding.Nothing($"Over {days} the cost of a request kept one level, {write.Dollars(found, $"{first}/usd_per_request")}.");
        }

        var last = segments[^1];
        return Finding.Of(
            $"The cost of a request changed its level, the last time on {new Inline(found.Text($"{last}/from") ?? "–")}: from {write.Dollars(found, $"{segments[^2]}/usd_per_request")} to {write.Dollars(found, $"{last}/usd_per_request")}.");
    }
}
