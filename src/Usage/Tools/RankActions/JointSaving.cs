using System.Globalization;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.RankActions;

/// <summary>What a joint replay says the actions save together: the limit of what single savings may be added up to.</summary>
/// <param name="Parts">By id.</param>
/// <param name="Unnamed">By kind, of actions that have no id of their own.</param>
/// <param name="Kinds">Of all actions.</param>
/// <param name="Days">Of the log that was replayed.</param>
internal sealed record JointSaving(
    decimal UsdPerMonth, IReadOnlyDictionary<string, decimal> Parts, IReadOnlyDictionary<string, decimal> Unnamed, IReadOnlyList<string> Kinds, decimal Days)
{
    public const string Tool = "what_if";

    /// <summary>Null for envelopes of other tools, and for a replay that found nothing to change.</summary>
    public static JointSaving? Of(EnvelopeReader envelope)
    {
        if (envelope.Tool != Tool || envelope.At("/saving_usd_per_month") is null || envelope.Count("/requests") == 0)
            return null;
        var actions = envelope.List("/actions").Select(action => (
            Kind: EnvelopeReader.Text(action, "kind") ?? "", Id: EnvelopeReader.Text(action, "id"), Part: EnvelopeReader.Usd(action, "part_usd_per_month"))).ToList();
        // Without an id of its own an action is called after its kind, numbered where there are several.
        var unnamed = actions.Where(action => action.Id is null || action.Id.StartsWith(action.Kind, StringComparison.Ordinal)).ToList();
        return new JointSaving(
            envelope.Usd("/saving_usd_per_month"), actions.Except(unnamed).ToDictionary(action => action.Id!, action => action.Part), // Only unnamed ones lack it.
            unnamed.GroupBy(action => action.Kind).ToDictionary(kind => kind.Key, kind => kind.Sum(action => action.Part)),
            [.. actions.Select(action => action.Kind).Distinct().Order(StringComparer.Ordinal)], envelope.Usd("/days"));
    }

    /// <summary>By the action's own id; of an action the replay gave no id, by its kind.</summary>
    public decimal? PartOf(string id, string? kind) =>
        Parts.TryGetValue(id, out var own) ? own : kind is not null && Unnamed.TryGetValue(kind, out var part) ? part : null;

    public string Words() => string.Create(CultureInfo.InvariantCulture,
        $"Replayed together by {Tool}, {string.Join(", ", Kinds)} {(Kinds.Count == 1 ? "saves" : "save")} {(UsdPerMonth < 0 ? "-" : "")}${Math.Abs(UsdPerMonth):N2} a month{(Days < Grading.DaysNeeded ? ", scaled up from less than a week" : "")}: what these actions promise one by one cannot come to more.");
}
