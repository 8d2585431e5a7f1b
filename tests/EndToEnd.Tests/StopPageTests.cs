using Apex.Testing;
using Microsoft.Playwright;
using static Apex.EndToEnd.Tests.PageSteps;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>Execution core and tool dispatcher, as a person stops them: a run, one of its sub-agents, one of its tool calls.</summary>
public sealed class StopPageTests(BrowserFixture browser)
{
    [Fact]
    public async Task A_stopped_run_says_so_keeps_what_it_had_found_and_leaves_the_conversation_ready_for_the_next_question()
    {
        await using var held = await HeldServer.StartAsync();
        var page = await OpenAsync(held);
        await HeldServer.AskUntilHeldAsync(page, "what are we spending per model?");

        await page.GetByTestId("stop").ClickAsync();

        await Expect(page.Locator("[data-testid=run-tree][data-status=cancelled]")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("unfinished")).ToContainTextAsync("Not finished: what was found until the run was stopped");
        await Expect(page.GetByTestId("answer").Last).ToContainTextAsync("cost_breakdown");
        await SaveScreenshotAsync(page, "stopped-run");

        held.LetGo();
        await AskAsync(page, "and per month?", answers: 2);
        await Expect(page.Locator("[data-testid=run-tree][data-status=completed]")).ToHaveCountAsync(1);
        await AssertEveryEventOnceAsync(page);
        await Expect(page.GetByTestId("notice")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task One_tool_call_is_stopped_and_the_supervisor_goes_on_to_an_answer_that_says_so_on_every_device()
    {
        await using var held = await HeldServer.StartAsync();
        var desk = await OpenAsync(held);
        await HeldServer.AskUntilHeldAsync(desk, "what are we spending per model?");
        var phone = await browser.OpenAsync(held.Port, width: 390, height: 844, ColorScheme.Dark);
        await LogInAsync(phone);
        await phone.GotoAsync(new Uri(desk.Url).PathAndQuery + new Uri(desk.Url).Fragment);
        await phone.ReloadAsync();
        await Expect(phone.GetByTestId($"tool-{HeldServer.Tool}")).ToHaveAttributeAsync("data-status", "running");

        await phone.GetByTestId($"stop-{HeldServer.Tool}").ClickAsync();

        foreach (var page in (IPage[])[desk, phone])
        {
            await Expect(page.GetByTestId("answer")).ToContainTextAsync($"{HeldServer.Tool} was stopped");
            await Expect(page.Locator("[data-testid=run-tree][data-status=completed]")).ToBeVisibleAsync();
            await page.GetByTestId("run-toggle").ClickAsync();
            await Expect(page.GetByTestId($"tool-{HeldServer.Tool}")).ToHaveAttributeAsync("data-status", "cancelled");
            await Expect(page.GetByTestId($"agent-{HeldServer.Agent}")).ToHaveAttributeAsync("data-status", "success");
        }

        await SaveScreenshotAsync(desk, "stopped-tool");
        await SaveScreenshotAsync(phone, "stopped-tool-phone");
        await AssertEveryEventOnceAsync(desk);
    }

    [Fact]
    public async Task One_sub_agent_is_stopped_and_the_others_give_the_answer()
    {
        await using var held = await HeldServer.StartAsync();
        var page = await OpenAsync(held);
        await HeldServer.AskUntilHeldAsync(page, "what are we spending per model?");

        await page.GetByTestId($"stop-{HeldServer.Agent}").ClickAsync();

        await Expect(page.GetByTestId("answer")).ToContainTextAsync($"{HeldServer.Agent} was stopped");
        await Expect(page.GetByTestId("figure").First).ToBeVisibleAsync();
        await page.GetByTestId("run-toggle").ClickAsync();
        await Expect(page.GetByTestId($"agent-{HeldServer.Agent}")).ToHaveAttributeAsync("data-status", "cancelled");
        await Expect(page.GetByTestId("agent-data").First).ToHaveAttributeAsync("data-status", "success");
        await AssertEveryEventOnceAsync(page);
    }

    [Fact]
    public async Task A_stop_pressed_while_the_connection_is_away_is_kept_and_done_when_it_is_back()
    {
        await using var held = await HeldServer.StartAsync();
        await using var network = new TcpProxy(held.Port);
        var page = await OpenAsync(held, network.Port);
        await HeldServer.AskUntilHeldAsync(page, "what are we spending per model?");

        network.GoDown();
        await Expect(page.GetByTestId("as-last-heard")).ToContainTextAsync("Connection lost: this is what was last heard.");
        await page.GetByTestId("stop").ClickAsync();
        await Expect(page.GetByTestId("stop")).ToHaveTextAsync("Will stop");
        await SaveScreenshotAsync(page, "will-stop");
        network.Restore();

        await Expect(page.Locator("[data-testid=run-tree][data-status=cancelled]")).ToBeVisibleAsync(new() { Timeout = 120_000 });
        await Expect(page.GetByTestId("as-last-heard")).ToHaveCountAsync(0);
        await Expect(page.GetByTestId("notice")).ToHaveCountAsync(0);
        await AssertEveryEventOnceAsync(page);
    }

    private async Task<IPage> OpenAsync(HeldServer held, int? port = null)
    {
        var page = await browser.OpenAsync(port ?? held.Port);
        await LogInAsync(page);
        await ImportAsync(page, SharedData.AiderCalls);
        return page;
    }
}
