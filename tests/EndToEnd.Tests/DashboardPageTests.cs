using System.Text.RegularExpressions;
using Apex.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>The dashboard, the analyses and the rules in a real browser against the real command line.</summary>
public sealed class DashboardPageTests(BrowserFixture browser)
{
    [Fact]
    public async Task The_dashboard_fills_itself_as_rows_arrive_and_leads_down_to_a_single_call()
    {
        using var data = new TemporaryFolder();
        await using var server = await ApexProcess.ServeAsync(data.Path, PageSteps.Administrator);
        var page = await browser.OpenAsync(server.Address.Port);
        await PageSteps.LogInAsync(page);
        await page.GetByTestId("view-dashboard").ClickAsync();
        await Expect(page.GetByTestId("dashboard-empty")).ToBeVisibleAsync();

        // Another process brings the rows in; nothing on the page is touched.
        var import = await ApexProcess.RunAsync(["import", SharedData.AiderCalls, "--data", data.Path]);
        Assert.True(import.ExitCode == 0, import.Notes);
        await Expect(page.GetByTestId("dashboard")).ToBeVisibleAsync();
        await page.GetByTestId("window-all").ClickAsync();
        await Expect(page.GetByTestId("tile-requests")).ToContainTextAsync("5,563");
        await PageSteps.SaveScreenshotAsync(page, "dashboard");

        await page.GetByTestId("part").Filter(new() { HasTextRegex = new Regex("^o3$") }).ClickAsync();
        await Expect(page.GetByTestId("tile-requests")).ToContainTextAsync("69");
        await Expect(page.GetByTestId("dashboard-filters")).ToContainTextAsync("o3");
        await page.GetByTestId("dashboard-rows").Locator("summary").ClickAsync();
        await Expect(page.GetByTestId("call")).ToHaveCountAsync(50);
        await page.GetByTestId("older-calls").ClickAsync();
        await Expect(page.GetByTestId("call")).ToHaveCountAsync(69);
        await page.GetByTestId("call").First.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(page.GetByTestId("dashboard-rows")).ToContainTextAsync("Event id");
    }

    [Fact]
    public async Task Any_analysis_is_asked_by_its_form_and_shows_its_picture_grade_and_rows()
    {
        using var data = new TemporaryFolder();
        await using var server = await ApexProcess.ServeAsync(data.Path, PageSteps.Administrator);
        var import = await ApexProcess.RunAsync(["import", SharedData.AiderCalls, "--data", data.Path]);
        Assert.True(import.ExitCode == 0, import.Notes);
        var page = await browser.OpenAsync(server.Address.Port);
        await PageSteps.LogInAsync(page);

        await page.GetByTestId("view-analyses").ClickAsync();
        await page.GetByTestId("analysis-cost_breakdown").ClickAsync();
        await page.GetByTestId("arg-group_by").GetByRole(AriaRole.Combobox).SelectOptionAsync("month");
        await page.GetByTestId("arg-limit").GetByRole(AriaRole.Spinbutton).FillAsync("9999");
        await page.GetByTestId("run-analysis").ClickAsync();
        await Expect(page.GetByTestId("arg-limit")).ToContainTextAsync("5000");
        await page.GetByTestId("arg-limit").GetByRole(AriaRole.Spinbutton).FillAsync("400");
        await page.GetByTestId("run-analysis").ClickAsync();

        var result = page.GetByTestId("analysis-result");
        await Expect(result.GetByTestId("chart").First).ToBeVisibleAsync();
        await Expect(result).ToContainTextAsync("claude-3-5-sonnet-20241022");
        await result.GetByText("What it rests on").ClickAsync();
        await result.GetByTestId("evidence-samples").Locator("summary").First.ClickAsync();
        await Expect(result.GetByTestId("evidence-samples")).ToContainTextAsync("gemini");
        await PageSteps.SaveScreenshotAsync(page, "analysis");
    }

    [Fact]
    public async Task A_budget_rule_made_on_the_page_speaks_up_there_when_rows_pass_it()
    {
        using var data = new TemporaryFolder();
        await using var server = await ApexProcess.ServeAsync(data.Path, PageSteps.Administrator);
        var page = await browser.OpenAsync(server.Address.Port);
        await PageSteps.LogInAsync(page);
        await page.GetByTestId("view-alerts").ClickAsync();
        await page.GetByTestId("rule-budget").FillAsync("2");
        await page.GetByTestId("add-rule").ClickAsync();
        await Expect(page.GetByTestId("rule")).ToHaveCountAsync(1);

        // One call of a million tokens, just now: $2.50.
        var file = Path.Combine(data.Path, "calls.csv");
        await File.WriteAllLinesAsync(file,
        [
            "time_unix,user,main_model,weak_model,editor_model,edit_format,prompt_tokens,completion_tokens,total_tokens,cost_usd,session_total_cost_usd,aider_version",
            $"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()},u1,gpt-4o,,,diff,1000000,0,1000000,2.5,2.5,0.80.0",
        ]);
        var import = await ApexProcess.RunAsync(["import", file, "--data", data.Path]);
        Assert.True(import.ExitCode == 0, import.Notes);
        await page.GetByTestId("check-rules").ClickAsync();

        await Expect(page.GetByTestId("raised-alert").First).ToContainTextAsync("125 % of $2.00");
        await Expect(page.GetByTestId("broadcast").First).ToContainTextAsync("125 % of $2.00");
        await PageSteps.SaveScreenshotAsync(page, "alerts");
    }
}
