using System.Globalization;
using Apex.Protocol.Reports;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting.Charts;

/// <summary>When calls come.</summary>
internal static class LoadCharts
{
    private const int HoursADay = 24;
    private static readonly string[] Weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

    /// <summary>The week by hours, UTC.</summary>
    public static Chart? Week(ResultEnvelope envelope)
    {
        var cells = envelope.Result.Items("heat_map")
            .ToDictionary(cell => (Day: (int)(cell.Number("weekday") ?? 0), Hour: (int)(cell.Number("hour") ?? 0)), cell => cell.Number("requests_per_hour"));
        return cells.Count == 0 ? null : EnvelopeCharts.Make(
            envelope, "week", ChartKind.HeatMap, "Calls an hour by weekday and hour (UTC)",
            [.. Enumerable.Range(0, HoursADay).Select(hour => hour.ToString("00", CultureInfo.InvariantCulture))],
            [
                .. Weekdays.Select((name, i) => new ChartSeries(
                    name, [.. Enumerable.Range(0, HoursADay).Select(hour => cells.GetValueOrDefault((i + 1, hour)))])),
            ],
            "count");
    }
}
