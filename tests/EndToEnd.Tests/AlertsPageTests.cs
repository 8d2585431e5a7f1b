using Apex.Testing;
using Microsoft.Playwright;
using static Apex.EndToEnd.Tests.PageSteps;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>Rules kept on the page, and the report taken away from it.</summary>
public sealed class AlertsPageTests(BrowserFixture browser)
{
    [Fact]
    public async Task Rules_are_paused_kept_and_removed_and_the_report_is_taken_as_one_file_that_fetches_nothing()
    {
        using var data = new TemporaryFolder();
        var import = await ApexProcess.RunAsync(["import", SharedData.AiderCalls, "--data", data.Path]);
        Assert.True(import.ExitCode == 0, import.Notes);
        await using var server = await ApexProcess.ServeAsync(data.Path, Administrator);
        var page = await browser.OpenAsync(server.Address.Port);
        await LogInAsync(page);
        await page.GetByTestId("view-alerts").ClickAsync();

        await page.GetByTestId("rule-kind").SelectOptionAsync("deprecation");
        await page.GetByTestId("add-rule").ClickAsync();
        var rule = page.GetByTestId("rule");
        await Expect(rule).ToContainTextAsync("90 days ahead");
        // The box shows what the server has: it changes when the server has answered.
        await rule.GetByRole(AriaRole.Checkbox).ClickAsync();
        await Expect(rule).ToHaveClassAsync("off");
        await page.ReloadAsync();
        await Expect(rule).ToHaveClassAsync("off");
        await Expect(rule.GetByRole(AriaRole.Checkbox)).Not.ToBeCheckedAsync();

        var taking = page.WaitForDownloadAsync();
        await page.GetByTestId("report-html").ClickAsync();
        var taken = Path.Combine(data.Path, "taken.html");
        await (await taking).SaveAsAsync(taken);
        var report = await File.ReadAllTextAsync(taken);
        Assert.Contains("<h1>What AI costs us</h1>", report, StringComparison.Ordinal);
        Assert.Contains("5,563", report, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", report, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=\"http", report, StringComparison.OrdinalIgnoreCase);

        await rule.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(rule).ToHaveCountAsync(0);
        await Expect(page.GetByTestId("notice")).ToHaveCountAsync(0);
    }
}
