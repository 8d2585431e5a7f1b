using Apex.Testing;
using Microsoft.Playwright;
using static Apex.EndToEnd.Tests.PageSteps;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>The golden path in a real browser, against the real command line in a process of its own.</summary>
public sealed class PageTests(BrowserFixture browser)
{
    [Fact]
    public async Task A_newcomer_logs_in_loads_a_log_asks_and_opens_the_evidence_of_a_figure()
    {
        using var data = new TemporaryFolder();
        await using var server = await ApexProcess.ServeAsync(data.Path, Administrator);
        var page = await browser.OpenAsync(server.Address.Port);

        await LogInAsync(page);
        await ImportAsync(page, SharedData.AiderCalls);
        await AskAsync(page, "what are we spending, and is anything wrong with it?");

        await Expect(page.GetByTestId("answer").Last).ToBeVisibleAsync();
        await SaveScreenshotAsync(page, "answer");
        await page.GetByTestId("run-toggle").Last.ClickAsync();
        foreach (var agent in new[] { "triage", "data", "optimization", "actions", "reporting" })
            await Expect(page.GetByTestId($"agent-{agent}").First).ToBeAttachedAsync();

        var figure = page.GetByTestId("answer").Last.GetByTestId("figure").First;
        await figure.ClickAsync();
        await Expect(page.GetByTestId("evidence-panel")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("evidence-panel")).ToContainTextAsync("rows", new() { IgnoreCase = true });
        await AssertEveryEventOnceAsync(page);
        await SaveScreenshotAsync(page, "evidence");
    }

    [Fact]
    public async Task A_socket_cut_in_the_middle_of_a_run_leaves_every_event_exactly_once()
    {
        using var data = new TemporaryFolder();
        await using var server = await ApexProcess.ServeAsync(data.Path, Administrator);
        await using var proxy = new TcpProxy(server.Address.Port);
        var page = await browser.OpenAsync(proxy.Port);
        await LogInAsync(page);
        await ImportAsync(page, SharedData.AiderCalls);

        // Cut as soon as the first agent is seen at work, again while the page catches up, and once more by falling silent.
        await page.GetByTestId("composer").FillAsync("is anything wrong with our spend?");
        await page.GetByTestId("send").ClickAsync();
        await page.GetByTestId("run-tree").First.WaitForAsync();
        proxy.Cut();
        await page.WaitForFunctionAsync("() => window.__apex && window.__apex.seqs.length > 3");
        proxy.Cut();

        await Expect(page.GetByTestId("answer").Last).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await AssertEveryEventOnceAsync(page);
    }

    [Fact]
    public async Task A_second_device_shows_the_same_conversation()
    {
        using var data = new TemporaryFolder();
        await using var server = await ApexProcess.ServeAsync(data.Path, Administrator);
        var desk = await browser.OpenAsync(server.Address.Port);
        await LogInAsync(desk);
        await ImportAsync(desk, SharedData.AiderCalls);
        var phone = await browser.OpenAsync(server.Address.Port, width: 390, height: 844, ColorScheme.Dark);
        await LogInAsync(phone);

        await AskAsync(desk, "what did we spend per model, month by month?");

        await phone.WaitForFunctionAsync("n => window.__apex.seqs.length >= n", await SeqCountAsync(desk));
        Assert.Equal(await SeqsAsync(desk), (await SeqsAsync(phone)).TakeLast(await SeqCountAsync(desk)));
        await SaveScreenshotAsync(phone, "phone-dark");
    }

    [Fact]
    public async Task The_one_command_of_the_readme_serves_the_page()
    {
        using var data = new TemporaryFolder();
        await using var server = await ApexProcess.ServeByScriptAsync(ProjectRoot(), data.Path, Administrator);
        var page = await browser.OpenAsync(server.Address.Port);

        await LogInAsync(page);

        await Expect(page.GetByTestId("empty-state")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("connection-state")).ToHaveAttributeAsync("data-state", "live");
    }
}
