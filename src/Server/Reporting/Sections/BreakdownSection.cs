using System.Text.Json;
using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>Who and what the money goes to.</summary>
internal static class BreakdownSection
{
    private static readonly (string Role, string Dimension, string Name)[] Splits =
        [("models", "model", "Model"), ("features", "feature", "Feature"), ("teams", "team", "Team"), ("users", "user", "User"), ("providers", "provider", "Provider")];

    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        draft.Section("Where the money goes");
        foreach (var (role, dimension, name) in Splits)
        {
            if (material.Find(role) is not { } envelope || envelope.Result.Items("rows") is not { Count: > 1 } rows)
                continue;
            draft.From(envelope);
            var first = rows[0];
            // That one team or user takes it all is often no finding.
            if (role is "models" or "features" && first.Text($"keys/{dimension}") is { } top)
                draft.Brief(
                    $"The {name.ToLowerInvariant()} {Words.Short(top)} takes {Words.Share(first.Number("cost_share"))} of the spend, {Words.Dollars(first.Number("cost_usd"))}.");
            draft.Grid(
                [name, ">Cost", ">Share", ">Calls", ">Per 1,000 calls", ">Per million tokens"],
                Rows(envelope.Result, rows, dimension));
        }
    }

    private static IEnumerable<IReadOnlyList<GridCell>> Rows(JsonElement result, IReadOnlyList<JsonElement> rows, string dimension)
    {
        foreach (var row in rows)
            yield return Row(row, row.Key(dimension));
        if (result.At("other") is { } other)
            yield return Row(other, $"all {Words.Count(result.Number("groups") - rows.Count)} others");
    }

    private static GridCell[] Row(JsonElement row, string name) =>
    [
        name, IsUnpriced(row) ? "no price" : Words.Money(row.Number("cost_usd")), new GridCell(Words.Percent(row.Number("cost_share")), row.Number("cost_share")),
        Words.Count(row.Number("requests")), Words.Money(row.Number("cost_per_thousand_requests_usd")), IsUnpriced(row) ? "–" : Words.Money(row.Number("cost_per_million_tokens_usd")),
    ];

    private static bool IsUnpriced(JsonElement row) => row.Number("unpriced_requests") is > 0 and { } unpriced && unpriced.Equals(row.Number("requests"));
}
