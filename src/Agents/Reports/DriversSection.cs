using Apex.Agents.Figures;

namespace Apex.Agents.Reports;

/// <summary>Why the cost of one span differs from that of the span before it.</summary>
internal static class DriversSection
{
    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (scene.Find("cost_drivers") is not { } drivers || drivers.Number("/result/change_usd") is not { } change)
            return [];
        var write = scene.Writer;
        var from = write.Dollars(drivers, "/result/before/cost_usd");
        var to = write.Dollars(drivers, "/result/after/cost_usd");
        Prose whole = change >= 0
            ? $"Cost rose from {from} to {to}, by {write.Dollars(drivers, "/result/change_usd")}."
            : (Prose)$"Cost did not rise: it went from {from} to {to}.";
        return drivers.Items("/result/effects") is [var first, ..] && change != 0
            ? [whole, $"The biggest effect is {Inline.Quoted((drivers.Text($"{first}/effect") ?? "").Replace('_', ' '))} ({Cells.Note(drivers, $"{first}/meaning")}): {write.Dollars(drivers, $"{first}/change_usd")}."]
            : [whole];
    }
}
