using Apex.Agents.Figures;
using Apex.Agents.Planning;

namespace Apex.Agents.Reports;

/// <summary>How good the data is: flags with the money at stake, coverage of fields, gaps in time.</summary>
internal static class QualitySection
{
    private const int ShownFlags = 10;

    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (scene.Find(Roles.Quality) is not { } quality)
            return [];
        var write = scene.Writer;
        return [$"{write.Count(quality, "/result/flagged_rows", "requests")} of {write.Count(quality, "/result/rows", "requests")} rows ({write.Share(quality, "/result/flagged_share")}) carry a data-quality flag."];
    }

    /// <param name="whole">With coverage and gaps; else only what touches money.</param>
    public static void Write(ReportScene scene, bool whole)
    {
        if (scene.Find(Roles.Quality) is not { } quality || quality.Number("/result/rows") is 0 or null)
            return;
        var write = scene.Writer;
        write.Heading("Quality of the data");
        Flags(write, quality, whole);
        if (quality.Number("/result/unlogged_usd") > 0)
            write.Paragraph($"Running session totals show at least {write.Dollars(quality, "/result/unlogged_usd")} of spend that no row holds: calls are missing from the log.");
        if (quality.Number("/result/gaps/count") > 0)
            write.Paragraph($"Of the {Cells.Counted(write.Count(quality, "/result/days_in_window", "days"), quality.Number("/result/days_in_window"), "day", "days")} from the first call to the last, {write.Count(quality, "/result/days_with_rows", "days")} hold calls; the longest silence ran from {Edge(quality, "from")} to {Edge(quality, "to")}.");
        if (whole)
            Coverage(write, quality);
    }

    private static void Flags(ReportWriter write, Envelope quality, bool whole)
    {
        var flags = quality.Items("/result/flags").Where(at => whole || quality.Text($"{at}/severity") != "info").Take(ShownFlags).ToArray();
        if (flags.Length == 0)
        {
            write.Paragraph($"No flag that touches money was found.");
            return;
        }

        write.Table(
            ["Flag", "Severity", ">Rows", ">Share", ">Money at stake", "Meaning"],
            flags.Select(at => (IReadOnlyList<Inline>)
            [
                Inline.Name(quality.Text($"{at}/flag")),
                Inline.Quoted(quality.Text($"{at}/severity") ?? ""),
                write.Count(quality, $"{at}/rows", "requests"),
                write.Share(quality, $"{at}/rows_share"),
                write.Dollars(quality, $"{at}/at_stake_usd"),
                Cells.Note(quality, $"{at}/meaning"),
            ]));
    }

    private static void Coverage(ReportWriter write, Envelope quality)
    {
        var fields = quality.Items("/result/coverage");
        write.Paragraph($"Which fields are filled decides which questions can be answered:");
        write.Table(
            ["Field", ">Rows", ">Share"],
            fields.Select(at => (IReadOnlyList<Inline>)
            [
                Inline.Name(quality.Text($"{at}/field")),
                write.Count(quality, $"{at}/present_rows", "requests"),
                write.Share(quality, $"{at}/present_share"),
            ]));
    }

    /// <summary>To the day; to the minute where both ends lie on one.</summary>
    private static Inline Edge(Envelope quality, string end)
    {
        const string longest = "/result/gaps/longest/0";
        var isWithinADay = quality.Time($"{longest}/from")?.UtcDateTime.Date == quality.Time($"{longest}/to")?.UtcDateTime.Date;
        return isWithinADay ? Cells.Moment(quality, $"{longest}/{end}")
            : quality.Time($"{longest}/{end}") is { } moment ? Inline.Day(moment) : new Inline("–");
    }
}
