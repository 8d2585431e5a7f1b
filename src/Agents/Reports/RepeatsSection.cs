using Apex.Agents.Figures;
using Apex.Agents.Planning;

namespace Apex.Agents.Reports;

/// <summary>What is paid twice: prompts that came again, attempts that failed, rows that stand twice in the log.</summary>
internal static class RepeatsSection
{
    private static readonly string[] Twice = ["identical_row", "same_call_again", "duplicate_source"];

    public static IReadOnlyList<Prose> Headline(ReportScene scene) => [.. Prompts(scene), .. Rows(scene), .. Attempts(scene)];

    public static IReadOnlyList<Prose> Prompts(ReportScene scene)
    {
        if (scene.Find("exact_cache_sim") is not { } cache)
            return [];
        if (FoundSection.Refusal(cache) is { } refusal)
            return [$"Whether prompts are sent twice cannot be told from this log: {refusal}"];
        var write = scene.Writer;
        return cache.Number("/result/hits") is > 0
            ? [$"{write.Count(cache, "/result/hits", "requests")} of {write.Count(cache, "/result/eligible_requests", "requests")} calls that a response cache may answer repeat an earlier prompt word for word; it would have saved {write.Dollars(cache, "/result/net_saving_usd")}."]
            : [$"None of the {write.Count(cache, "/result/eligible_requests", "requests")} calls that a response cache may answer repeats an earlier prompt in time."];
    }

    private static IReadOnlyList<Prose> Rows(ReportScene scene)
    {
        if (scene.Find(Roles.Quality) is not { } quality)
            return [];
        var write = scene.Writer;
        return
        [
            .. quality.Items("/result/flags").Where(at => Twice.Contains(quality.Text($"{at}/flag"))).Select(at =>
                (Prose)$"{Cells.Counted(write.Count(quality, $"{at}/rows", "requests"), quality.Number($"{at}/rows"), "row carries", "rows carry")} the flag {Inline.Name(quality.Text($"{at}/flag"))}, {write.Dollars(quality, $"{at}/at_stake_usd")} of cost: {Cells.Note(quality, $"{at}/meaning")}"),
        ];
    }

    public static IReadOnlyList<Prose> Attempts(ReportScene scene)
    {
        if (scene.Find("retry_waste") is not { } waste || waste.Number("/result/attempts") is 0 or null)
            return [];
        var write = scene.Writer;
        return waste.Number("/result/failed_attempts") is > 0 || waste.Number("/result/superseded_attempts") is > 0
            ? [$"Failed and superseded attempts cost {write.Dollars(waste, "/result/waste_usd")}; {write.Count(waste, "/result/requests", "requests")} requests took {write.Count(waste, "/result/attempts", "requests")} attempts."]
            : [$"The log shows no failed call and no second attempt."];
    }
}
