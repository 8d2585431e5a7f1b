using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Protocol.Reports;

namespace Apex.Agents.Reports;

/// <summary>What a prompt-prefix cache would have read and saved.</summary>
internal static class CachingSection
{
    private const string Unknown = "/result/money/requests_without_cache_price";

    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (scene.Find(Roles.PrefixCache) is not { } cache)
            return [];
        return [.. Replayed(scene.Writer, cache), .. Lifetime(scene)];
    }

    private static IReadOnlyList<Prose> Replayed(ReportWriter write, Envelope cache)
    {
        if (!Answered(cache))
            return [$"Whether prompt caching pays cannot be computed from this log: {Reason(cache)}"];
        Prose hits = $"A prompt cache would have read {write.Share(cache, "/result/hit_shares/token_share")} of the input tokens ({write.Tokens(cache, "/result/tokens/read_tokens")} of {write.Tokens(cache, "/result/input_tokens")}).";
        return cache.Number("/result/money/saving_usd") switch
        {
            > 0 =>
            [
                hits,
                $"That saves {write.Dollars(cache, "/result/money/saving_usd")} of {write.Dollars(cache, "/result/money/logged_input_usd")} input cost ({write.Share(cache, "/result/money/saving_share")}){Monthly(write, cache)}.",
            ],
            // A price that is not known was counted as that of plain input, and must not read as if caching were worthless.
            0 when cache.Number(Unknown) is > 0 => [hits, $"What that saves cannot be told: the price book names no price of cached input for {Cells.Counted(write.Count(cache, Unknown, "requests"), cache.Number(Unknown), "call that would have read from it", "calls that would have read from it")}. `apex prices import FILE` or `apex prices set MODEL` adds one."],
            0 => [hits, $"At the prices in force that saves nothing: cached input costs as much as plain input, {write.Dollars(cache, "/result/money/cached_input_usd")}."],
            { } => [hits, $"It does not pay: cached input would cost {write.Dollars(cache, "/result/money/cached_input_usd")} instead of {write.Dollars(cache, "/result/money/logged_input_usd")}."],
            null => [hits, $"What that is worth is unknown: no row of the replay has a known price."],
        };
    }

    /// <summary>Where the vendor lets callers choose how long entries live.</summary>
    public static IReadOnlyList<Prose> Lifetime(ReportScene scene)
    {
        if (scene.Find("cache_ttl_advisor") is not { } advice || !Answered(advice))
            return [];
        var write = scene.Writer;
        const string none = "/result/whole_prompts/none_usd";
        const string five = "/result/whole_prompts/five_minutes_usd";
        const string hour = "/result/whole_prompts/one_hour_usd";
        string[] costs = [none, five, hour];
        var choice = costs.MinBy(at => advice.Number(at)) switch
        {
            none => "no marker is cheapest",
            five => "five minutes are cheapest",
            _ => "one hour is cheapest",
        };
        return
        [
            $"With a marker at the end of every prompt the input costs {write.Dollars(advice, five)} kept for five minutes and {write.Dollars(advice, hour)} kept for an hour, against {write.Dollars(advice, none)} without: {Inline.Words(choice)}.",
        ];
    }

    /// <summary>A few days do not carry to a month.</summary>
    private static Inline Monthly(ReportWriter write, Envelope cache) => cache.Number("/result/days") >= ChangeSection.DaysForAMonth
        ? new Inline($", or {write.Dollars(cache, "/result/money/saving_per_month_usd").Markdown} a month at this traffic")
        : Inline.Nothing;

    public static void Write(ReportScene scene)
    {
        if (scene.Find(Roles.PrefixCache) is not { } cache || !Answered(cache))
            return;
        var write = scene.Writer;
        write.Heading("Prompt caching, replayed over the log");
        write.Paragraph([.. Replayed(write, cache).Where(sentence => !scene.IsTold(sentence))]);
        write.Paragraph(
            $"The replay covers {write.Count(cache, "/result/requests", "requests")} calls over {write.Number(cache, "/result/days", "days")} days with {write.Tokens(cache, "/result/mean_input_tokens")} input tokens on average, under the rules of {Inline.Name(cache.Text("/result/profile/name"))}.");
        write.Table(
            ["Share of hits, by what is counted", ">Share"],
            [
                [Inline.Words("read tokens of all input tokens"), write.Share(cache, "/result/hit_shares/token_share")],
                [Inline.Words("leading blocks found, of all blocks"), write.Share(cache, "/result/hit_shares/all_block_share")],
                [Inline.Words("leading blocks found, of full blocks"), write.Share(cache, "/result/hit_shares/full_block_share")],
                [Inline.Words("mean over calls"), write.Share(cache, "/result/hit_shares/request_mean_share")],
                [Inline.Words("calls with any hit"), write.Share(cache, "/result/hit_shares/request_share")],
            ]);
        Grid(write, cache);
        Gaps(write, cache);
    }

    /// <summary>One row per lifetime, one column per capacity.</summary>
    private static void Grid(ReportWriter write, Envelope cache)
    {
        var cells = cache.Items("/result/grid");
        if (cells.Count == 0)
            return;
        var lifetimes = cells.Select(at => cache.Number($"{at}/ttl_minutes")).Distinct().ToArray();
        var capacities = cells.Select(at => cache.Number($"{at}/capacity_tokens")).Distinct().ToArray();
        var byPlace = cells.ToDictionary(at => (cache.Number($"{at}/ttl_minutes"), cache.Number($"{at}/capacity_tokens")));
        write.Paragraph($"Share of the input tokens read from the cache, by how long entries live and how much the cache holds:");
        write.Table(
            ["Lifetime", .. capacities.Select(size => size is { } tokens ? $">{FigureText.Of(tokens, FigureFormat.Tokens)} tokens" : ">no limit")],
            lifetimes.Select(lifetime => (IReadOnlyList<Inline>)
            [
                lifetime is null
                    ? Inline.Words("no end")
                    : new Inline($"{write.Number(cache, $"{byPlace[(lifetime, capacities[0])]}/ttl_minutes")} min"),
                .. capacities.Select(size => byPlace.TryGetValue((lifetime, size), out var at) ? write.Share(cache, $"{at}/token_hit_share") : Inline.Nothing),
            ]));
    }

    private static void Gaps(ReportWriter write, Envelope cache)
    {
        var gaps = cache.Items("/result/reuse_gaps");
        write.Chart(
            ChartKind.Bar, "How soon blocks are used again", cache,
            [.. gaps.Select(at => cache.Number($"{at}/up_to_seconds") is { } seconds ? $"≤ {Span(seconds)}" : "later")],
            [new ChartSeries("Blocks", [.. gaps.Select(at => cache.Number($"{at}/blocks"))])], "count");
    }

    private static string Span(double seconds) => TimeSpan.FromSeconds(seconds) switch
    {
        { TotalMinutes: < 1 } span => $"{span.TotalSeconds:0} s",
        { TotalHours: < 1 } span => $"{span.TotalMinutes:0} min",
        { TotalDays: < 1 } span => $"{span.TotalHours:0} h",
        var span => $"{span.TotalDays:0} d",
    };

    private static bool Answered(Envelope cache) =>
        cache.At("/result/answered") is { ValueKind: System.Text.Json.JsonValueKind.True };

    private static Inline Reason(Envelope cache) => Cells.Note(cache, "/result/reason");
}
