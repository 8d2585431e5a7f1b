using System.Text.Json;
using Apex.Server.Reporting.Charts;
using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>What changed from one period to the next, and what drove it.</summary>
internal static class DriversSection
{
    private const int Shown = 8;

    /// <param name="why">Why these spans are compared, where they are not the last two whole months; null where they are.</param>
    public static void Write(ReportMaterial material, string? why, ReportDraft draft)
    {
        if (material.Find("drivers") is not { } drivers || drivers.Result.Number("before/cost_usd") is not > 0)
            return;
        var result = drivers.Result;
        var (before, after) = (Span(result, "before"), Span(result, "after"));
        draft.Section("What changed, and why");
        draft.From(drivers);
        var change = result.Number("change_usd") ?? 0;
        draft.Brief(
            $"From {before} to {after} the cost {(change >= 0 ? "rose" : "fell")} by {Words.Dollars(Math.Abs(change))}"
            + (Leading(result) is { } leading ? $", mostly through {leading}." : "."));
        draft.Text(
            $"{before}: {Words.Dollars(result.Number("before/cost_usd"))} for {Words.Plural(result.Number("before/requests"), "call", "calls")}. "
            + $"{after}: {Words.Dollars(result.Number("after/cost_usd"))} for {Words.Plural(result.Number("after/requests"), "call", "calls")}. "
            + (why is null ? "" : why + " ") + "The parts sum exactly to the difference.");
        foreach (var chart in EnvelopeCharts.Of(drivers))
            draft.Picture(EffectNames.Plain(chart));
        draft.Grid(
            ["What changed the cost", ">By", "Meaning"],
            result.Items("effects").Where(effect => effect.Number("change_usd") is not null and not 0).Select(effect => (IReadOnlyList<GridCell>)
                [EffectNames.Of(effect.Text("effect")), Words.Money(effect.Number("change_usd")), effect.Text("meaning") ?? ""]));
        draft.Grid(
            ["Moved most", ">Before", ">After", ">Change", "Mostly by"],
            result.Items("groups").Take(Shown).Select(group => (IReadOnlyList<GridCell>)
            [
                string.Join(" · ", Keys(group)), Words.Money(group.Number("before_usd")), Words.Money(group.Number("after_usd")),
                Words.Money(group.Number("change_usd")), EffectNames.Of(group.Text("leading_effect")),
            ]));
    }

    private static string? Leading(JsonElement result) => result.Items("effects")
        .OrderByDescending(effect => Math.Abs(effect.Number("change_usd") ?? 0)).Select(effect => effect.Text("effect") is { } name ? EffectNames.Of(name) : null).FirstOrDefault();

    private static IEnumerable<string> Keys(JsonElement group) =>
        group.At("keys") is { } keys ? keys.EnumerateObject().Select(key => key.Value.ValueKind == JsonValueKind.Null ? "(none)" : Words.Short(key.Value.ToString())) : [];

    private static string Span(JsonElement result, string side) =>
        Words.Span(result.Text($"{side}/from"), result.Text($"{side}/to"));
}
