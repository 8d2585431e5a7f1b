using System.Text.Json;
using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>How long people wait for answers, where the log has times.</summary>
internal static class LatencySection
{
    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("latency") is not { } latency || !latency.Result.Flag("answered")
            || latency.Result.Items("groups") is not [var whole, ..] || whole.At("duration") is null)
            return;
        draft.Section("How long answers take");
        draft.From(latency);
        draft.Text(
            $"Half of the answers are there within {Percentile(whole, "duration", 50)}, 95 of a hundred within {Percentile(whole, "duration", 95)}"
            + (whole.At("first_token") is null ? "." : $"; the first word of half of them within {Percentile(whole, "first_token", 50)}."));
        draft.Grid(
            ["", ">Half within", ">90 % within", ">95 % within", ">99 % within", ">Calls with the time"],
            new[] { Row("Whole answer", whole, "duration"), Row("First word", whole, "first_token"), Row("Each word after it", whole, "per_output_token") }.OfType<GridCell[]>());
    }

    private static GridCell[]? Row(string name, JsonElement group, string metric) => group.At(metric) is null
        ? null
        :
        [
            name, Percentile(group, metric, 50), Percentile(group, metric, 90), Percentile(group, metric, 95), Percentile(group, metric, 99),
            Words.Count(group.Number($"{metric}/rows")),
        ];

    private static string Percentile(JsonElement group, string metric, double wanted) => Words.Of(
        group.Items($"{metric}/percentiles").Where(row => row.Number("percentile") == wanted).Select(row => row.Number("value")).FirstOrDefault(), "ms");
}
