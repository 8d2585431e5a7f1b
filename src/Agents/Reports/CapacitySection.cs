using Apex.Agents.Figures;

namespace Apex.Agents.Reports;

/// <summary>How much traffic comes at once, which limits hold it, and whether reserved units pay.</summary>
internal static class CapacitySection
{
    private const string Bursts = "/result/groups/0";

    public static IReadOnlyList<Prose> Headline(ReportScene scene) => [.. Limits(scene), .. Peak(scene), .. Units(scene)];

    public static IReadOnlyList<Prose> Limits(ReportScene scene)
    {
        if (scene.Find("rate_limit_headroom") is not { } use || Kind(use, "requests") is not { } requests || Kind(use, "tokens") is not { } tokens)
            return [];
        var write = scene.Writer;
        return
        [
            $"The busiest sixty seconds took {write.Count(use, $"{requests}/max_use", "requests")} requests, and at most {write.Tokens(use, $"{tokens}/max_use")} tokens went through in sixty; limits of {write.Count(use, $"{requests}/suggested_limit", "requests")} requests and {write.Tokens(use, $"{tokens}/suggested_limit")} tokens a minute would hold nearly all of it.",
        ];
    }

    public static IReadOnlyList<Prose> Peak(ReportScene scene)
    {
        if (scene.Find("burstiness") is not { } load || load.Number($"{Bursts}/peak_to_mean") is null)
            return [];
        var write = scene.Writer;
        return [$"The busiest minute held {write.Count(load, $"{Bursts}/peak_requests_per_minute", "requests")} calls, {write.Number(load, $"{Bursts}/peak_to_mean")} times the mean minute."];
    }

    public static IReadOnlyList<Prose> Units(ReportScene scene)
    {
        if (scene.Find("provisioned_break_even") is not { } units)
            return [];
        if (FoundSection.Refusal(units) is { } refusal)
            return [$"Whether reserved units pay cannot be told yet: {refusal}"];
        var write = scene.Writer;
        return [$"Units sized for the peak pay below {write.Dollars(units, "/result/for_peak/break_even_usd_per_unit_hour")} an hour each; {write.Count(units, "/result/for_peak/units")} would be needed."];
    }

    /// <summary>The limit of this kind of the first group, which is the whole traffic where the question names no groups.</summary>
    private static string? Kind(Envelope use, string kind) =>
        use.Items("/result/groups/0/limits").FirstOrDefault(at => use.Text($"{at}/kind") == kind);
}
