using System.Text.Json;
using Apex.Usage.Query;
using Apex.Usage.Tools;
using Apex.Usage.Tools.Arguments;

namespace Apex.Usage.Tests.Tools;

public sealed class WindowArgumentTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-03-18T15:30:00Z");

    [Theory]
    [InlineData("today", "2026-03-18", "2026-03-19")]
    [InlineData("yesterday", "2026-03-17", "2026-03-18")]
    [InlineData("last_7_days", "2026-03-12", "2026-03-19")]
    [InlineData("last_2_weeks", "2026-03-05", "2026-03-19")]
    [InlineData("last_1_month", "2026-02-19", "2026-03-19")]
    [InlineData("this_week", "2026-03-16", "2026-03-23")]
    [InlineData("last_week", "2026-03-09", "2026-03-16")]
    [InlineData("this_month", "2026-03-01", "2026-04-01")]
    [InlineData("last_month", "2026-02-01", "2026-03-01")]
    [InlineData("last_year", "2025-01-01", "2026-01-01")]
    [InlineData("2025", "2025-01-01", "2026-01-01")]
    [InlineData("2025-Q2", "2025-04-01", "2025-07-01")]
    [InlineData("2025-02", "2025-02-01", "2025-03-01")]
    [InlineData("2024-02-29", "2024-02-29", "2024-03-01")]
    public void Names_are_whole_days_in_utc(string name, string from, string to)
    {
        var window = Resolve($"\"{name}\"", Now.AddHours(-1), []);

        Assert.Equal(new TimeWindow(DateTimeOffset.Parse(from + "Z"), DateTimeOffset.Parse(to + "Z")), window);
    }

    [Fact]
    public void All_is_the_whole_log() => Assert.Null(Resolve("\"all\"", Now, []));

    [Fact]
    public void Relative_name_over_a_log_that_ended_counts_from_its_end_and_calendar_names_do_not()
    {
        var assumptions = new List<string>();

        Assert.Equal(DateTimeOffset.Parse("2025-05-01Z"), Resolve("\"this_month\"", DateTimeOffset.Parse("2025-05-20Z"), assumptions)!.Value.From);
        Assert.Single(assumptions);
        Assert.Equal(DateTimeOffset.Parse("2025-03-01Z"), Resolve("\"2025-03\"", DateTimeOffset.Parse("2025-05-20Z"), assumptions)!.Value.From);
        Assert.Single(assumptions);
    }

    [Theory]
    [InlineData("\"2025-13\"")]
    [InlineData("\"2025-02-30\"")]
    [InlineData("\"last_0_days\"")]
    [InlineData("\"last_9999_days\"")]
    [InlineData("\"soon\"")]
    [InlineData("""{"from": "2025-01-01"}""")]
    [InlineData("""{"from": "x", "to": "2025-01-01"}""")]
    [InlineData("""{"from": "2025-01-01", "to": "2025-01-02", "zone": "Mars"}""")]
    public void Anything_else_is_refused_with_what_is_allowed(string window)
    {
        var refusal = Assert.Throws<ToolArgumentException>(() => Resolve(window, Now, []));

        Assert.Equal("window", refusal.Argument);
    }

    private static TimeWindow? Resolve(string json, DateTimeOffset lastRow, List<string> assumptions)
    {
        using var document = JsonDocument.Parse(json);
        return WindowArgument.Resolve(
            document.RootElement.Clone(), new UsageExtent(10, lastRow.AddDays(-400), lastRow), Now, assumptions);
    }
}
