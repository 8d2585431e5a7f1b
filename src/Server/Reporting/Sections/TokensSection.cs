using System.Text.Json;
using Apex.Server.Reporting.Charts;
using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>How long prompts and answers are, and which side the money goes to.</summary>
internal static class TokensSection
{
    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("tokens") is not { } tokens || tokens.Result.Items("groups") is not [var whole, ..])
            return;
        draft.Section("Prompts and answers");
        draft.From(tokens);
        if (whole.Number("cost_sides/input_share") is { } share)
            draft.Text(
                $"Prompts take {Words.Share(share)} of the cost and answers {Words.Share(whole.Number("cost_sides/output_share"))}: "
                + $"{Words.OneDecimal(whole.Number("input_to_output_ratio"))} tokens are sent for each one received.");
        draft.Grid(
            ["Tokens a call", ">Half below", ">90 % below", ">99 % below", ">Longest", ">Mean"],
            new[] { Row("Prompts", whole, "input"), Row("Answers", whole, "output") });
        foreach (var chart in EnvelopeCharts.Of(tokens))
            draft.Picture(chart);
    }

    private static GridCell[] Row(string name, JsonElement group, string side) =>
    [
        name, Percentile(group, side, 50), Percentile(group, side, 90), Percentile(group, side, 99), Words.Count(group.Number($"{side}/max_tokens")),
        Words.Count(group.Number($"{side}/mean_tokens")),
    ];

    private static string Percentile(JsonElement group, string side, double wanted) => Words.Count(
        group.Items($"{side}/percentiles").Where(row => row.Number("percentile") == wanted).Select(row => row.Number("tokens")).FirstOrDefault());
}
