using Apex.Agents.Figures;
using Apex.Agents.Planning;

namespace Apex.Agents.Reports;

/// <summary>Whether recorded costs agree with list prices, and which rows do not.</summary>
internal static class ReconcileSection
{
    private const int Shown = 10;

    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (scene.Find(Roles.Reconcile) is not { } reconcile || reconcile.Number("/result/compared_rows") is 0 or null)
            return [];
        var write = scene.Writer;
        if (Outliers(reconcile) is not { } outliers)
            return [$"The sources recorded {write.Dollars(reconcile, "/result/recorded_usd")}, and no recorded cost is far from its list price: {write.Share(reconcile, "/result/explained_share")} of the compared calls are explained."];
        var biggest = reconcile.Items("/result/residuals") is [var first, ..] ? first : null;
        Prose wrong = $"{Cells.Counted(write.Count(reconcile, $"{outliers}/rows", "requests"), reconcile.Number($"{outliers}/rows"), "call does", "calls do")} not add up: no price explains {write.Dollars(reconcile, "/result/outlier_excess_usd")} of the {write.Dollars(reconcile, "/result/recorded_usd")} the sources recorded; corrected, they recorded {write.Dollars(reconcile, "/result/corrected_recorded_usd")}.";
        return biggest is null
            ? [wrong]
            : [wrong, $"The biggest is {Inline.Name(reconcile.Text($"{biggest}/model"))} at {Cells.Moment(reconcile, $"{biggest}/started_at")}, recorded as {write.Dollars(reconcile, $"{biggest}/recorded_usd")} against {write.Dollars(reconcile, $"{biggest}/list_usd")} by the list."];
    }

    public static void Write(ReportScene scene)
    {
        if (scene.Find(Roles.Reconcile) is not { } reconcile)
            return;
        var write = scene.Writer;
        write.Heading("Recorded cost against the price list");
        if (reconcile.Number("/result/compared_rows") is 0 or null)
        {
            write.Paragraph($"No call has both a recorded cost and a known price, so there is nothing to compare.");
            return;
        }

        write.Paragraph(
            $"{write.Count(reconcile, "/result/exact_rows", "requests")} of {write.Count(reconcile, "/result/compared_rows", "requests")} compared calls agree to a nano-dollar ({write.Share(reconcile, "/result/match_share")}); {write.Share(reconcile, "/result/explained_share")} are explained.");
        Classes(write, reconcile);
        write.Bullets([.. OtherPrices(write, reconcile), .. UnpricedModels(write, reconcile)]);
        Residuals(scene, reconcile);
    }

    private static void Classes(ReportWriter write, Envelope reconcile) => write.Table(
        ["Class", ">Calls", ">Share", ">Recorded", ">List price", ">Difference", "Meaning"],
        reconcile.Items("/result/classes").Where(at => reconcile.Number($"{at}/rows") > 0).Select(at => (IReadOnlyList<Inline>)
        [
            Inline.Quoted((reconcile.Text($"{at}/class") ?? "").Replace('_', ' ')),
            write.Count(reconcile, $"{at}/rows", "requests"),
            write.Share(reconcile, $"{at}/rows_share"),
            write.Dollars(reconcile, $"{at}/recorded_usd"),
            write.Dollars(reconcile, $"{at}/list_usd"),
            write.Dollars(reconcile, $"{at}/difference_usd"),
            Cells.Note(reconcile, $"{at}/meaning"),
        ]));

    private static void Residuals(ReportScene scene, Envelope reconcile)
    {
        var write = scene.Writer;
        var rows = reconcile.Items("/result/residuals");
        if (rows.Count == 0)
            return;
        write.Heading("The calls that do not add up");
        write.Table(
            ["When (UTC)", "Model", ">Input", ">Output", ">Recorded", ">List price", ">Difference", "What it looks like", "Row"],
            rows.Take(Shown).Select(at => (IReadOnlyList<Inline>)
            [
                Cells.Moment(reconcile, $"{at}/started_at"),
                Inline.Name(reconcile.Text($"{at}/model")),
                write.Tokens(reconcile, $"{at}/input_tokens"),
                write.Tokens(reconcile, $"{at}/output_tokens"),
                write.Dollars(reconcile, $"{at}/recorded_usd"),
                write.Dollars(reconcile, $"{at}/list_usd"),
                write.Dollars(reconcile, $"{at}/difference_usd"),
                Cells.Note(reconcile, $"{at}/note") is { IsEmpty: false } note ? note : Inline.Quoted(reconcile.Text($"{at}/class") ?? ""),
                Cells.Id(reconcile, $"{at}/source_id"),
            ]));
        if (rows.Count > Shown)
            write.Paragraph($"The envelope of `cost_reconcile` lists more of them, smaller ones.");
    }

    private static IEnumerable<Prose> OtherPrices(ReportWriter write, Envelope reconcile) =>
        reconcile.Items("/result/other_prices").Take(3).Select(at => (Prose)
            $"{write.Count(reconcile, $"{at}/rows", "requests")} calls of {Inline.Name(reconcile.Text($"{at}/model"))} agree with {write.Dollars(reconcile, $"{at}/input_usd_per_million")} and {write.Dollars(reconcile, $"{at}/output_usd_per_million")} per million tokens in and out, prices no dated row holds; that makes {write.Dollars(reconcile, $"{at}/difference_usd")} of difference.");

    private static IEnumerable<Prose> UnpricedModels(ReportWriter write, Envelope reconcile) =>
        reconcile.Items("/result/unpriced_models").Where(at => reconcile.Number($"{at}/recorded_usd") > 0).Take(3).Select(at => (Prose)
            $"{Model(reconcile, at)} no known price; {write.Count(reconcile, $"{at}/rows", "requests")} calls were recorded as {write.Dollars(reconcile, $"{at}/recorded_usd")} and could not be compared.");

    private static Inline Model(Envelope reconcile, string at) => reconcile.Text($"{at}/model") is { Length: > 0 } model
        ? new Inline($"{Inline.Name(model)} has")
        : Inline.Words("Calls without a model have");

    private static string? Outliers(Envelope reconcile) => reconcile.Items("/result/classes")
        .FirstOrDefault(at => reconcile.Text($"{at}/class") == "outlier" && reconcile.Number($"{at}/rows") > 0);
}
