using System.Text.Json;
using Apex.Cli.Analyses;
using Spectre.Console;

namespace Apex.Cli.Tests.Analyses;

public sealed class EnvelopePrinterTests
{
    [Fact]
    public void A_result_is_printed_in_its_units_with_what_it_rests_on()
    {
        var printed = Print(
            """
            {"tool":"cost_breakdown","version":"1","grade":"B","window":{"from":"2025-01-01T00:00:00Z","to":"2025-02-01T00:00:00Z"},
             "rows_in":1200,"rows_used":1200,"priced_share":0.921,"price_map_version":"b1",
             "result":{"cost_usd":1234.5,"rows":[{"keys":{"model":"gpt-4o"},"requests":1000,"cost_usd":0.00123,"hit_share":0.5,"errors":0}]},
             "assumptions":["counted back"],"caveats":["42 rows have no price"],
             "evidence":{"query_id":"q-1","group_keys":[],"sample_event_ids":["e1"],"checks":["sums agree"]},"next_tools":["pareto"]}
            """);

        foreach (var text in new[]
                 {
                     "cost_breakdown", "grade B", "2025-01-01 to 2025-02-01", "1,200 of 1,200 rows", "92.1 % priced", "$1,234.50", "gpt-4o", "1,000",
                     "$0.0012", "50 %", "counted back", "42 rows have no price", "sums agree", "--samples", "pareto",
                 })
            Assert.Contains(text, printed);
        Assert.DoesNotContain("Errors", printed);
    }

    private static string Print(string envelope)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No });
        console.Profile.Width = 160;
        new EnvelopePrinter(console).Print(JsonDocument.Parse(envelope).RootElement);
        return text.ToString();
    }
}
