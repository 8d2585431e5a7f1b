using System.Text.Json;
using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Protocol.Reports;

namespace Apex.Agents.Reports;

/// <summary>Which models nobody beats on cost and quality.</summary>
internal static class ModelsSection
{
    private const int Shown = 12;

    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (scene.Find(Roles.Pareto) is not { } pareto)
            return [];
        var write = scene.Writer;
        if (!Answered(pareto) || pareto.Items("/result/frontier") is not [var cheapest, ..] frontier)
            return [$"Which model is worth its price cannot be computed from this log: {Cells.Note(pareto, "/result/reason")}"];
        var best = frontier[^1];
        return frontier.Count == 1
            ? [$"{Inline.Name(pareto.Text($"{cheapest}/name"))} is cheapest and best at once: {write.Dollars(pareto, $"{cheapest}/cost_usd")} a call at quality {write.Number(pareto, $"{cheapest}/quality")}."]
            :
            [
                $"{Inline.Name(pareto.Text($"{cheapest}/name"))} is the cheapest model nobody beats ({write.Dollars(pareto, $"{cheapest}/cost_usd")} a call at quality {write.Number(pareto, $"{cheapest}/quality")}), {Inline.Name(pareto.Text($"{best}/name"))} the best ({write.Dollars(pareto, $"{best}/cost_usd")} at {write.Number(pareto, $"{best}/quality")}).",
            ];
    }

    public static void Write(ReportScene scene)
    {
        if (scene.Find(Roles.Pareto) is not { } pareto || !Answered(pareto))
            return;
        var write = scene.Writer;
        write.Heading("Cost against quality");
        var frontier = pareto.Items("/result/frontier");
        var dominated = pareto.Items("/result/dominated").Take(Shown).ToArray();
        write.Table(
            ["Model", ">Cost per call", ">Quality", ">Calls", "Beaten by"],
            frontier.Select(at => Row(write, pareto, at, Inline.Words("nobody")))
                .Concat(dominated.Select(at => Row(write, pareto, $"{at}/candidate", Inline.Name(pareto.Text($"{at}/by"))))));
        (string At, bool IsBeaten)[] points =
        [
            .. frontier.Select(at => (at, false)).Concat(dominated.Select(at => ($"{at}/candidate", true)))
                .OrderBy(point => pareto.Number($"{point.Item1}/cost_usd")),
        ];
        write.Chart(
            ChartKind.Scatter, "Quality of models, cheapest first", pareto,
            [.. points.Select(point => pareto.Text($"{point.At}/name") ?? "")],
            [
                new ChartSeries("Nobody beats it", [.. points.Select(point => point.IsBeaten ? null : pareto.Number($"{point.At}/quality"))]),
                new ChartSeries("Beaten", [.. points.Select(point => point.IsBeaten ? pareto.Number($"{point.At}/quality") : null)]),
            ],
            "count");
    }

    private static IReadOnlyList<Inline> Row(ReportWriter write, Envelope pareto, string at, Inline by) =>
    [
        Inline.Name(pareto.Text($"{at}/name")),
        write.Dollars(pareto, $"{at}/cost_usd"),
        write.Number(pareto, $"{at}/quality"),
        write.Count(pareto, $"{at}/rows", "requests"),
        by,
    ];

    private static bool Answered(Envelope pareto) => pareto.At("/result/answered") is { ValueKind: JsonValueKind.True };
}
