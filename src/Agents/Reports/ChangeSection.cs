using System.Globalization;
using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Usage.Query;

namespace Apex.Agents.Reports;

/// <summary>What changes would save together, and which part of it is due to each.</summary>
internal static class ChangeSection
{
    public const int DaysForAMonth = 7;

    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (scene.Find(ToolNames.WhatIf) is not { } change)
            return [];
        var write = scene.Writer;
        if (FoundSection.Refusal(change) is { } refusal)
            return [$"{refusal}"];
        var before = write.Dollars(change, "/result/before_usd");
        var after = write.Dollars(change, "/result/after_usd");
        Prose first = change.Number("/result/saving_usd") switch
        {
            _ when change.Items("/result/actions").Count == 0 => $"No change that was looked for can be shown to save anything here: the log costs {before}, and no finding holds a change to replay.",
            > 0 => $"{What(scene, change)} would have cost {after} instead of {before}: {write.Dollars(change, "/result/saving_usd")} less ({write.Share(change, "/result/saving_ratio")}){Monthly(write, change)}.",
            < 0 => $"{What(scene, change)} would have cost {after} instead of {before}, which is more; it does not pay.",
            _ => $"{What(scene, change)} would have changed nothing: the log costs {before} either way.",
        };
        return scene.Plan.Slots.Target is null
            ? [first, .. Goal(scene, change)]
            : [first, $"That is its price for the log's own tokens; whether its answers are good enough only a test on your own work shows."];
    }

    public static void Write(ReportScene scene)
    {
        if (scene.Find(ToolNames.WhatIf) is not { } change || change.Items("/result/actions") is not { Count: > 0 } actions || change.Number("/result/before_usd") is null or 0)
            return;
        var write = scene.Writer;
        write.Heading("All changes together, replayed call by call");
        if (change.Number("/result/overlap_usd") > 0)
            write.Paragraph($"Added up one by one these changes would claim {write.Dollars(change, "/result/alone_sum_usd")}; together they save {write.Dollars(change, "/result/saving_usd")}, because {write.Dollars(change, "/result/overlap_usd")} would be counted more than once.");
        write.Table(
            ["Change", ">Calls it touches", ">Its part", ">A month", ">Alone", ">Added last", "Grade"],
            actions.Select(at => (IReadOnlyList<Inline>)
            [
                Cells.Note(change, $"{at}/title"),
                write.Count(change, $"{at}/touched_requests", "requests"),
                write.Dollars(change, $"{at}/part_usd"),
                change.Number("/result/days") >= DaysForAMonth ? write.Dollars(change, $"{at}/part_usd_per_month") : Inline.Words("–"),
                write.Dollars(change, $"{at}/alone_usd"),
                write.Dollars(change, $"{at}/last_usd"),
                Inline.Words(change.Text($"{at}/grade") ?? ""),
            ]));
    }

    /// <summary>Whether the saving comes to the share that was asked for.</summary>
    private static IReadOnlyList<Prose> Goal(ReportScene scene, Envelope change)
    {
        if (scene.Plan.Slots.Percent is not { } percent || !scene.Plan.Wants(Intent.Reduce) || change.Number("/result/saving_ratio") is not { } ratio)
            return [];
        var asked = Inline.Quoted(string.Create(CultureInfo.InvariantCulture, $"{percent:0.##} %"));
        return [ratio * 100 >= percent ? $"That reaches the {asked} asked for." : (Prose)$"The {asked} asked for is not reached by what this log shows."];
    }

    /// <summary>A few days do not carry to a month.</summary>
    private static Inline Monthly(ReportWriter write, Envelope change) => change.Number("/result/days") >= DaysForAMonth
        ? new Inline($", or {write.Dollars(change, "/result/saving_usd_per_month").Markdown} a month")
        : Inline.Nothing;

    /// <summary>The model whose calls are moved, where the question names one.</summary>
    private static string Of(PlanSlots slots) => slots.Filters.FirstOrDefault(filter => filter is { Dimension: Dimension.Model, Exclude: false }) is { } from
        ? $" of {Inline.Quoted(from.Said).Markdown}"
        : "";

    private static Inline What(ReportScene scene, Envelope change) => scene.Plan.Slots.Target is { } target
        ? new Inline($"Moved to {Inline.Name(target).Markdown}, the {scene.Writer.Count(change, "/result/requests", "requests").Markdown} priced calls{Of(scene.Plan.Slots)}")
        : new Inline($"With all changes replayed here, the {scene.Writer.Count(change, "/result/requests", "requests").Markdown} priced calls");
}
