using System.Globalization;
using System.Text;
using Apex.Bench.Peers.Measurements;

namespace Apex.Bench.Peers;

/// <summary>The tables, in Markdown.</summary>
internal static class Report
{
    private const double MuchOfACore = 0.08;

    public static string Of(IReadOnlyList<Figures> all, string head)
    {
        var text = new StringBuilder(head).Append("\n\n");
        Table(
            text, all,
            ("one event to 1,000, 64 in flight", static f => Thousands(f.FanOut)),
            ("own streams of 1,000 users", static f => Thousands(f.Streams)),
            ("KB per idle connection", static f => f.Idle is { } idle ? Number(idle.Kibibytes, 1) : "–"),
            ("healthy p99 beside 2 stuck of 50", static f => f.Stuck is { } stuck ? $"{Ms(stuck.Beside.P99)}, memory +{Number(stuck.Mebibytes, 0)} MB" : "–"),
            ("after drops: reset, half-open", static f => f.Drops is { } drops ? $"{Share(drops.Reset)}, {Share(drops.HalfOpen)}" : "–"));
        text.Append("\nThousands of deliveries per second of the server's processor time, median (lowest–highest).\n\n");
        Table(
            text, all,
            ("keeps", static f => f.Peer.Promise),
            ("bytes a message", static f => (f.FanOut ?? f.Streams) is { } rate ? Number(rate.Bytes, 0) : "–"),
            ("fan-out, K/s as they came", static f => f.FanOut is { } rate ? Number(Spread.Of(rate.Rates).Median, 0) : "–"),
            ("own streams, K/s as they came", static f => f.Streams is { } rate ? Number(Spread.Of(rate.Rates).Median, 1) : "–"),
            ("p50, p99 at 5,000 events/s", static f => f.Steady is { } steady ? $"{Ms(steady.Latency.Median)}, {Ms(steady.Latency.P99)}" : "–"),
            ("µs of CPU each at that rate", static f => f.Steady is { } steady ? Number(steady.Cost, 0) : "–"),
            ("µs of CPU to connect", static f => f.Idle is { } idle ? Number(idle.Microseconds, 0) : "–"),
            ("idle, % of a core", static f => f.Idle is { } idle ? $"{Number(idle.Share, 1)} ({idle.Connections})" : "–"));
        text.Append('\n');
        Table(
            text, all,
            ("healthy while all read: p50, p99", static f => f.Stuck is { } stuck ? $"{Ms(stuck.Alone.Median)}, {Ms(stuck.Alone.P99)}" : "–"),
            ("beside the stuck: p50, p99, max", static f => f.Stuck is { Beside: var p } ? $"{Ms(p.Median)}, {Ms(p.P99)}, {Ms(p.Max)}" : "–"),
            ("the stuck in the end", static f => f.Stuck is { } stuck ? InTheEnd(stuck) : "–"),
            ("resume after a reset: p50, p99", static f => Resume(f.Drops?.Reset)),
            ("after half-open: p50, p99", static f => Resume(f.Drops?.HalfOpen)),
            ("1,000 × 100 missed", static f => f.CatchUp is { } caught ? CaughtUp(caught) : "–"));
        Notes(text, all);
        return text.ToString();
    }

    private static void Table(StringBuilder text, IReadOnlyList<Figures> all, params (string Head, Func<Figures, string> Cell)[] columns)
    {
        text.Append("| server | ").AppendJoin(" | ", columns.Select(static column => column.Head)).Append(" |\n|---|");
        text.Insert(text.Length, "---|", columns.Length).Append('\n');
        foreach (var figures in all)
            text.Append($"| {figures.Peer.Name} | ").AppendJoin(" | ", columns.Select(column => column.Cell(figures))).Append(" |\n");
    }

    private static void Notes(StringBuilder text, IReadOnlyList<Figures> all)
    {
        var notes = all.SelectMany(static figures => figures.Notes)
            .Concat(all.SelectMany(static f => Rates(f).Where(static rate => rate.Rate.Wrong > 0)
                .Select(rate => $"{f.Peer.Name}, {rate.Name}: {rate.Rate.Wrong} messages lost or repeated")))
            .Concat(all.Where(static f => f.Stuck is { HealthyMissed: > 0 })
                .Select(static f => $"{f.Peer.Name}, stuck: the healthy missed {f.Stuck!.HealthyMissed} messages")) // not null: just asked
            .Concat(all.SelectMany(static f => Rates(f).Where(static rate => rate.Rate.Others > MuchOfACore)
                .Select(rate => $"{f.Peer.Name}, {rate.Name}: other programs took up to {Number(rate.Rate.Others * 100, 0)} % of a core")))
            .ToArray();
        if (notes.Length > 0)
            text.Append("\nTo know:\n\n").AppendJoin('\n', notes.Select(static note => "* " + note)).Append('\n');
    }

    private static IEnumerable<(string Name, Rate Rate)> Rates(Figures figures)
    {
        if (figures.FanOut is { } fanOut)
            yield return ("fan-out", fanOut);
        if (figures.Streams is { } streams)
            yield return ("own streams", streams);
    }

    private static string Thousands(Rate? rate) => rate is not null && Spread.Of(rate.Costs) is var spread
        ? $"{Significant(spread.Median)} ({Significant(spread.Lowest)}–{Significant(spread.Highest)})"
        : "–";

    private static string Share(DropsOfKind drops) => drops.Delivered == 1 ? "100 %" : Number(Math.Min(drops.Delivered * 100, 99.99), 1) + " %";

    private static string Resume(DropsOfKind? drops) => drops switch
    {
        null => "–",
        { Recovered: 0 } => $"none of {drops.Returns}",
        _ => $"{Ms(drops.Resume.Median)}, {Ms(drops.Resume.P99)}; {drops.Recovered} of {drops.Returns}",
    };

    private static string InTheEnd(StuckCost stuck) =>
        $"got {Number(stuck.StuckGot * 100, 0)} %, {(stuck.EndCode switch { < 0 => "not cut", 0 => "cut", var code => $"cut with {code}" })}";

    private static string CaughtUp(CatchUpCost caught) =>
        $"{Number(caught.Seconds, 2)} s, {Number(caught.Microseconds, 0)} µs of CPU each"
        + (caught.Complete == caught.Clients ? "" : $"; {caught.Clients - caught.Complete} never had all");

    private static string Ms(double milliseconds) => milliseconds >= 1_000
        ? Number(milliseconds / 1_000, 1) + " s"
        : Number(milliseconds, milliseconds < 10 ? 2 : 0) + " ms";

    private static string Significant(double thousands) => Number(thousands, thousands < 100 ? 1 : 0);

    private static string Number(double value, int decimals) => value.ToString("N" + decimals, CultureInfo.InvariantCulture);
}
