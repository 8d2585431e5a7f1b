using System.Text.Json;
using Apex.Testing;
using Microsoft.Playwright;

namespace Apex.EndToEnd.Tests;

/// <summary>Analyses and reports from the command line, and the report as a browser shows it.</summary>
public sealed class ReportCommandTests(BrowserFixture browser)
{
    [Fact]
    public async Task A_report_is_one_file_that_fetches_nothing_and_stands_on_a_page_and_on_a_phone()
    {
        using var data = new TemporaryFolder();
        await ApexProcess.RunAsync(["import", SharedData.AiderCalls, "--data", data.Path]);
        var html = Path.Combine(data.Path, "report.html");
        var markdown = Path.Combine(data.Path, "report.md");

        var written = await ApexProcess.RunAsync(["report", "--out", html, "--data", data.Path]);
        var text = await ApexProcess.RunAsync(["report", "--out", markdown, "--from", "2025-03-01", "--to", "2025-04-01", "--data", data.Path]);
        var tool = await ApexProcess.RunAsync(["tool", "cost_breakdown", "--group-by", "model", "--limit", "3", "--json", "--data", data.Path]);

        Assert.True(written.ExitCode == 0, written.Notes);
        Assert.True(text.ExitCode == 0, text.Notes);
        Assert.Contains("](report-charts/1.svg)", await File.ReadAllTextAsync(markdown));
        Assert.True(File.Exists(Path.Combine(data.Path, "report-charts", "1.svg")));
        Assert.Equal(3, JsonDocument.Parse(tool.Output).RootElement.GetProperty("result").GetProperty("rows").GetArrayLength());

        foreach (var width in new[] { 1000, 390 })
        {
            var page = await browser.OpenAsync(1, width);
            var requests = new List<string>();
            page.Request += (_, request) => requests.Add(request.Url);
            await page.GotoAsync("file://" + html);
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(AppContext.BaseDirectory, "screenshots", $"report-{width}.png"), FullPage = true });

            Assert.Single(requests);
            Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), $"wider than {width}");
            Assert.True(await page.Locator("svg.picture").CountAsync() >= 3);
        }
    }

    [Fact]
    public async Task A_wrong_argument_and_an_unknown_tool_say_what_there_is()
    {
        using var data = new TemporaryFolder();

        var argument = await ApexProcess.RunAsync(["tool", "cost_breakdown", "--colour", "red", "--data", data.Path]);
        var unknown = await ApexProcess.RunAsync(["tool", "cost_telepathy", "--data", data.Path]);

        Assert.Equal(2, argument.ExitCode);
        Assert.Contains("--group-by", argument.Notes);
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("apex tools", unknown.Notes);
    }
}
