using System.Globalization;
using System.Text.Json;
using Apex.Usage.Demo;

namespace Apex.Usage.Tests.Tools;

public sealed class CostAnomalyToolTests
{
    [Fact]
    public async Task Days_of_a_window_are_judged_as_they_are_over_the_whole_log()
    {
        var options = new DemoOptions { Seed = 2, Days = 180, Scale = 0.05, WithPrefixHashes = false };
        await using var log = await ToolLog.WithAsync(DemoOrganisation.Generate(options));

        var whole = await log.RunAsync("cost_anomaly", """{"limit": 200}""");
        var flagged = whole.At("/flagged_days").EnumerateArray().ToList();
        var anomaly = DateOnly.ParseExact(flagged[0].GetProperty("day").GetString()!, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        var (from, to) = (anomaly.AddDays(-2), anomaly.AddDays(3));
        var window = await log.RunAsync("cost_anomaly", $$"""{"limit": 200, "window": { "from": "{{from:yyyy-MM-dd}}T00:00:00Z", "to": "{{to:yyyy-MM-dd}}T00:00:00Z" } }""");

        Assert.Equal(5, window.Whole("/days_in_window"));
        Assert.Equal(5, window.Whole("/days_tested"));
        Assert.Equal(5, window.At("/series").GetArrayLength());
        var same = flagged.Where(day => string.CompareOrdinal(day.GetProperty("day").GetString(), $"{from:yyyy-MM-dd}") >= 0
            && string.CompareOrdinal(day.GetProperty("day").GetString(), $"{to:yyyy-MM-dd}") < 0).ToList();
        Assert.Equal(same.Select(Verdict), window.At("/flagged_days").EnumerateArray().Select(Verdict));
        Assert.Equal(
            same[0].GetProperty("leading_groups").GetRawText(), window.At("/flagged_days/0/leading_groups").GetRawText());
    }

    private static (string?, decimal, decimal, double) Verdict(JsonElement day) => (
        day.GetProperty("day").GetString(), day.GetProperty("cost_usd").GetDecimal(), day.GetProperty("baseline_usd").GetDecimal(),
        day.GetProperty("z_score").GetDouble());
}
