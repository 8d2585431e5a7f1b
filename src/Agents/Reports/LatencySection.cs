using Apex.Agents.Figures;

namespace Apex.Agents.Reports;

/// <summary>How long calls take, and where the time goes.</summary>
internal static class LatencySection
{
    private const string Whole = "/result/groups/0";

    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (scene.Find("latency_profile") is not { } profile)
            return [];
        if (FoundSection.Refusal(profile) is { } refusal)
            return [$"How long calls take cannot be told from this log: {refusal}"];
        return [.. Times(scene.Writer, profile), .. Drivers(scene), .. Good(scene)];
    }

    public static IReadOnlyList<Prose> Times(ReportWriter write, Envelope profile)
    {
        var told = new List<Prose>();
        if (profile.Number($"{Whole}/duration/rows") is > 0)
            told.Add($"Half of the calls end within {write.Milliseconds(profile, Percentile(profile, "duration", 50))}, nineteen in twenty within {write.Milliseconds(profile, Percentile(profile, "duration", 95))}.");
        if (profile.Number($"{Whole}/first_token/rows") is > 0)
            told.Add($"The first token comes within {write.Milliseconds(profile, Percentile(profile, "first_token", 50))} for half of the streamed calls, within {write.Milliseconds(profile, Percentile(profile, "first_token", 95))} for nineteen in twenty.");
        return told;
    }

    /// <summary>Of the model with most calls.</summary>
    public static IReadOnlyList<Prose> Drivers(ReportScene scene)
    {
        if (scene.Find("latency_drivers") is not { } drivers || drivers.Items("/result/models") is not [var first, ..])
            return [];
        var write = scene.Writer;
        return [$"Around the p95 of {Inline.Name(drivers.Text($"{first}/model"))}, {write.Share(drivers, $"{first}/at95/decode_share")} of the time is writing the answer and {write.Share(drivers, $"{first}/at95/prefill_share")} reading the prompt."];
    }

    public static IReadOnlyList<Prose> Good(ReportScene scene) =>
        scene.Find("slo_goodput") is { } good && good.Number("/result/total/judged_requests") is > 0
            ? [$"{scene.Writer.Share(good, "/result/total/good_share")} of the judged calls met the service level of {scene.Writer.Milliseconds(good, "/result/slo_ttft_ms")} to the first token and {scene.Writer.Milliseconds(good, "/result/slo_tpot_ms")} for each after it."]
            : [];

    private static string Percentile(Envelope profile, string metric, int percentile) =>
        profile.Items($"{Whole}/{metric}/percentiles").First(at => profile.Number($"{at}/percentile") is { } value && value.Equals(percentile)) + "/value";
}
