using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Reports;
using Apex.Server.Reporting;

namespace Apex.Server.Alerts;

/// <summary>
/// Days and calls that <c>cost_anomaly</c> flags, of the last two days of the log: older ones are no news. A day is judged when it is
/// over, so that a morning is not mistaken for a quiet day, except where it is already far above.
/// </summary>
internal sealed class AnomalyCheck(Analyses analyses)
{
    private const int MostCalls = 3;
    private static readonly TimeSpan News = TimeSpan.FromDays(2);

    public async Task<RuleOutcome> LookAsync(string organisationId, AlertRule rule, CancellationToken cancellationToken)
    {
        var envelope = await analyses.RunAsync(
            organisationId, "cost_anomaly", new JsonObject { ["window"] = "last_90_days", ["limit"] = 200 }, cancellationToken);
        if (envelope.RowsIn == 0 || envelope.Result.Items("series") is not [.., var newest] || newest.Text("day") is not { } lastDay)
            return new RuleOutcome("The log has no calls to judge.", []);

        var since = DateOnly.ParseExact(lastDay, "yyyy-MM-dd", CultureInfo.InvariantCulture).AddDays(1 - News.Days);
        var days = envelope.Result.Items("flagged_days").Where(day => day.Text("direction") == "up" && IsNews(day.Text("day"), since)).ToList();
        var calls = envelope.Result.Items("flagged_rows").Where(row => IsNews(row.Text("started_at")?[..10], since)).ToList();
        return new RuleOutcome(
            $"{Counted(envelope.Result.Number("days_tested") ?? 0, "day", "days")} judged up to {lastDay}; "
            + $"{Counted(days.Count, "day", "days")} and {Counted(calls.Count, "call", "calls")} out of line since {since:yyyy-MM-dd}.",
            [.. days.Select(day => OfDay(rule, day)), .. calls.Take(MostCalls).Select(row => OfCall(rule, row))]);
    }

    private static RuleFinding OfDay(AlertRule rule, JsonElement day)
    {
        var leader = day.Items("leading_groups") is [var first, ..]
            ? $" Most of it by {first.Text("dimension")?.Replace('_', ' ')} {first.Text("key") ?? "(none)"}: {Dollars(first.Number("change_usd"))}."
            : "";
        return new RuleFinding(
            $"day {day.Text("day")}", $"{rule.Name}: {day.Text("day")} cost {Dollars(day.Number("cost_usd"))}",
            $"Days like it cost {Dollars(day.Number("baseline_usd"))}.{leader}", BroadcastSeverity.Warning);
    }

    private static RuleFinding OfCall(AlertRule rule, JsonElement row) => new(
        $"call {row.Text("event_id")}", $"{rule.Name}: one call was recorded at {Dollars(row.Number("recorded_usd"))}",
        $"Its list price is {Dollars(row.Number("list_usd"))}: {row.Text("model")}, {row.Text("started_at")?[..10]}, {row.Text("source")} {row.Text("source_id")}.",
        BroadcastSeverity.Critical);

    private static bool IsNews(string? day, DateOnly since) =>
        DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) && at >= since;

    private static string Dollars(double? value) => value is { } number ? FieldText.Value(number, "usd") : "–";

    private static string Counted(double count, string one, string many) => FieldText.Value(count, "count") + " " + (count is 1 ? one : many);
}
