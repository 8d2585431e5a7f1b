using System.Globalization;

namespace Apex.Usage.Tools.RankActions;

/// <summary>What a joint replay says the actions save together: the limit of what single savings may be added up to.</summary>
internal sealed record JointSaving(decimal UsdPerMonth, IReadOnlyDictionary<string, decimal> Parts)
{
    public const string Tool = "what_if";

    /// <summary>Null for envelopes of other tools, and for a replay that found nothing to change.</summary>
    public static JointSaving? Of(EnvelopeReader envelope)
    {
        if (envelope.Tool != Tool || envelope.At("/saving_usd_per_month") is null || envelope.Count("/requests") == 0)
            return null;
        return new JointSaving(envelope.Usd("/saving_usd_per_month"), envelope.List("/actions")
            .GroupBy(action => EnvelopeReader.Text(action, "kind") ?? "")
            .ToDictionary(kind => kind.Key, kind => kind.Sum(action => EnvelopeReader.Usd(action, "part_usd_per_month"))));
    }

    public decimal? PartOf(string? kind) => kind is not null && Parts.TryGetValue(kind, out var part) ? part : null;

    public string Words() => string.Create(CultureInfo.InvariantCulture,
        $"Replayed together by {Tool}, {string.Join(", ", Parts.Keys.Order(StringComparer.Ordinal))} save ${UsdPerMonth:N2} a month: what these actions promise one by one cannot come to more.");
}
