using Apex.Agents.Figures;

namespace Apex.Agents.Reports;

/// <summary>What the analyses of prompts and answers found, in words.</summary>
internal static class PromptWords
{
    public static Finding? OversizedContext(ReportWriter write, Envelope found)
    {
        if (found.Number("/result/at_stake_usd") is not { } stake)
            return null;
        const string near = "/result/near_limit/requests";
        if (stake <= 0 && found.Number(near) is 0 or null)
            return Finding.Nothing($"No prompt comes near its model's limit, passes a long-context price, or is far longer than usual for a short answer.");
        var parts = new[]
        {
            Part(near, "comes near its model's limit", "come near their model's limit"),
            Part("/result/tier_crossing/requests", "passes a long-context price", "pass a long-context price"),
            Part("/result/unbalanced/requests", "is far longer than usual for a short answer", "are far longer than usual for a short answer"),
        };
        var told = parts.OfType<Inline>().Select(part => part.Markdown).ToArray();
        return Finding.Of($"Of the prompts, {new Inline(string.Join("; ", told))}. {write.Dollars(found, "/result/at_stake_usd")} is at stake.");

        Inline? Part(string at, string one, string many) =>
            found.Number(at) is > 0 and { } requests ? Cells.Counted(write.Count(found, at, "requests"), requests, one, many) : null;
    }

    public static Finding? ConversationGrowth(ReportWriter write, Envelope found)
    {
        if (found.Number("/result/redundancy_share") is null || found.Number("/result/resent_usd") is not { } resent)
            return null;
        Prose sent = $"{write.Share(found, "/result/redundancy_share")} of what conversations send was sent before: {write.Dollars(found, "/result/resent_usd")} of {write.Dollars(found, "/result/input_usd")} for input.";
        var best = found.Items("/result/policies").MaxBy(at => found.Number($"{at}/saving_usd") ?? 0);
        if (resent <= 0)
            return Finding.Nothing(sent);
        return best is null || found.Number($"{best}/saving_usd") is not > 0
            ? Finding.Of(sent, $"None of the ways to shorten a history that were replayed would have saved anything: what is cut off can no longer be read from the cache.")
            : Finding.Of(sent, $"Of the ways to shorten a history that were replayed, this would have saved the most: {Policy(write, found, best)}, {write.Dollars(found, $"{best}/saving_usd")} ({write.Share(found, $"{best}/saving_share")}), if answers stay as good.");
    }

    public static Finding? OutputLimits(ReportWriter write, Envelope found)
    {
        const string runaway = "/result/runaway_requests";
        const string cut = "/result/truncated_requests";
        if (found.Number(runaway) is not { } long_ || found.Number(cut) is not { } short_)
            return null;
        return long_ <= 0 && short_ <= 0
            ? Finding.Nothing($"No answer ran away far beyond the usual length, and none is known to have been cut off by its limit.")
            : Finding.Of(Runaway(write, found, runaway, long_), Cut(write, found, cut, short_));
    }

    private static Prose Runaway(ReportWriter write, Envelope found, string at, double answers) => answers <= 0
        ? (Prose)$"No answer ran away far beyond the usual length."
        : (Prose)$"{Cells.Counted(write.Count(found, at, "requests"), answers, "answer", "answers")} ran far beyond the usual length and cost {write.Dollars(found, "/result/runaway_usd")} more than at the usual one.";

    private static Prose Cut(ReportWriter write, Envelope found, string at, double answers) => answers <= 0
        ? (Prose)$"No answer is known to have been cut off by its limit."
        : (Prose)$"{Cells.Counted(write.Count(found, at, "requests"), answers, "answer was", "answers were")} cut off by the limit.";

    public static Finding? Reasoning(ReportWriter write, Envelope found)
    {
        if (found.Number("/result/reasoning_requests") is not { } requests)
            return null;
        if (requests <= 0)
            return Finding.Nothing($"No call reports tokens spent on reasoning, so what it costs is unknown: where models reason, it is in the cost of their answers.");
        Prose share = $"Reasoning is {write.Share(found, "/result/reasoning_share_of_cost")} of the cost: {write.Dollars(found, "/result/reasoning_usd")} in {write.Count(found, "/result/reasoning_requests", "requests")} calls.";
        return found.Number("/result/saving_usd") is > 0
            ? Finding.Of(share, $"The cheapest effort whose answers were judged no worse would have saved {write.Dollars(found, "/result/saving_usd")}.")
            : Finding.Of(share);
    }

    public static Finding? FixedOverhead(ReportWriter write, Envelope found)
    {
        if (found.Number("/result/fixed_usd") is not { } fixedCost)
            return null;
        if (fixedCost <= 0)
            return Finding.Nothing($"No system prompt or tool definition is sent again and again.");
        Prose part = $"System prompts and tool definitions are {write.Share(found, "/result/fixed_share")} of the input and cost {write.Dollars(found, "/result/fixed_usd")}.";
        return found.Number("/result/never_called_usd") is > 0
            ? Finding.Of(part, $"{write.Dollars(found, "/result/never_called_usd")} of it is for tools that were offered and never called.")
            : Finding.Of(part);
    }

    private static Inline Policy(ReportWriter write, Envelope found, string at) => found.Text($"{at}/policy") switch
    {
        "keep_last" => new Inline($"sending the first turn and the last {Cells.Counted(write.Count(found, $"{at}/keep_turns"), found.Number($"{at}/keep_turns"), "turn", "turns").Markdown}"),
        _ => new Inline($"summarising a history of more than {write.Tokens(found, $"{at}/at_tokens").Markdown} tokens"),
    };
}
