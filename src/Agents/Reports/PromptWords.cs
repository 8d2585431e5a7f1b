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
        return Finding.Of(
            $"{Cells.Counted(write.Count(found, near, "requests"), found.Number(near), "prompt comes", "prompts come")} near the model's limit, {write.Count(found, "/result/tier_crossing/requests", "requests")} pass a long-context price, and {write.Count(found, "/result/unbalanced/requests", "requests")} are far longer than usual for a short answer; {write.Dollars(found, "/result/at_stake_usd")} is at stake.");
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
            : Finding.Of(sent, $"{Policy(write, found, best)} would have saved most of what was replayed: {write.Dollars(found, $"{best}/saving_usd")} ({write.Share(found, $"{best}/saving_share")}), if answers stay as good.");
    }

    public static Finding? OutputLimits(ReportWriter write, Envelope found)
    {
        const string runaway = "/result/runaway_requests";
        const string cut = "/result/truncated_requests";
        if (found.Number(runaway) is not { } long_ || found.Number(cut) is not { } short_)
            return null;
        return long_ <= 0 && short_ <= 0
            ? Finding.Nothing($"No answer ran away far beyond the usual length, and none was cut off by its limit.")
            : Finding.Of($"{Cells.Counted(write.Count(found, runaway, "requests"), long_, "answer", "answers")} ran far beyond the usual length and cost {write.Dollars(found, "/result/runaway_usd")} more than usual ones; {Cells.Counted(write.Count(found, cut, "requests"), short_, "answer was", "answers were")} cut off by the limit.");
    }

    public static Finding? Reasoning(ReportWriter write, Envelope found)
    {
        if (found.Number("/result/reasoning_requests") is not { } requests)
            return null;
        if (requests <= 0)
            return Finding.Nothing($"No call reports tokens spent on reasoning.");
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
        "keep_last" => new Inline($"Sending the first turn and the last {Cells.Counted(write.Count(found, $"{at}/keep_turns"), found.Number($"{at}/keep_turns"), "turn", "turns").Markdown}"),
        _ => new Inline($"Summarising a history of more than {write.Tokens(found, $"{at}/at_tokens").Markdown} tokens"),
    };
}
