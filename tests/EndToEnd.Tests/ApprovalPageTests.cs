using System.Text.Json;
using Apex.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>A question answered and an action approved from a second device, with a kill -9 and a reload while the run waits.</summary>
public sealed class ApprovalPageTests(BrowserFixture browser)
{
    private const string Words = "Our bill is on its way.";

    [Fact]
    public async Task What_a_run_asks_is_answered_on_another_device_and_outlives_kill_9_and_a_reload()
    {
        using var data = new TemporaryFolder();
        await using var others = await ToldOthers.StartAsync();
        var first = await others.ServeSampleAsync(data.Path);
        var port = first.Address.Port;
        var desk = await browser.OpenAsync(port);
        await PageSteps.LogInAsync(desk);
        await PageSteps.ImportAsync(desk, SharedData.AiderCalls);
        var phone = await browser.OpenAsync(port, width: 420, height: 860);
        await PageSteps.LogInAsync(phone);

        await desk.GetByTestId("composer").FillAsync("What are we spending? And tell the others.");
        await desk.GetByTestId("send").ClickAsync();
        await phone.GetByTestId("asked").ClickAsync();
        await phone.GetByTestId("approval").GetByLabel("Text").FillAsync(Words);
        await PageSteps.SaveScreenshotAsync(phone, "question-phone");
        await phone.GetByTestId("answer").Last.ClickAsync();
        var card = desk.Locator("[data-testid=approval][data-state=open]");
        await Expect(card.GetByTestId("approval-arguments")).ToContainTextAsync(Words);
        await Expect(desk.GetByTestId("run-tree")).ToHaveAttributeAsync("data-status", "waiting");
        await PageSteps.SaveScreenshotAsync(desk, "approval");

        await first.KillAsync();
        await first.DisposeAsync();
        await using var second = await others.ServeSampleAsync(data.Path, port);
        await desk.ReloadAsync();
        await Expect(card.GetByTestId("approval-arguments")).ToContainTextAsync(Words);
        await Expect(desk.GetByTestId("asked")).ToBeVisibleAsync();
        await Expect(desk).ToHaveTitleAsync("(1) What are we spending? And tell the others. · Apex");
        await desk.GetByTestId("asked").ClickAsync();
        await Expect(card.GetByTestId("approve")).ToBeFocusedAsync();
        await Expect(phone.GetByTestId("connection-state")).ToHaveAttributeAsync("data-state", "live");
        Assert.Empty(others.Posted);
        await phone.Locator("[data-testid=approval][data-state=open]").GetByTestId("approve").ClickAsync();

        foreach (var page in (IPage[])[desk, phone])
        {
            await Expect(page.Locator("[data-testid=approval][data-state=approve]")).ToContainTextAsync("Approved");
            await Expect(page).ToHaveTitleAsync("What are we spending? And tell the others. · Apex");
            await Expect(page.Locator("[data-testid=approval][data-state=answer]")).ToContainTextAsync(Words);
            await Expect(page.GetByTestId("asked")).ToHaveCountAsync(0);
            await Expect(page.Locator("[data-testid=run-tree][data-status=completed]")).ToBeVisibleAsync();
        }

        Assert.Equal(Words, JsonDocument.Parse(Assert.Single(others.Posted)).RootElement.GetProperty("text").GetString());
        await PageSteps.SaveScreenshotAsync(desk, "approved");
    }

    [Fact]
    public async Task What_was_asked_is_taken_back_before_the_users_eyes_when_whoever_asked_is_stopped()
    {
        using var data = new TemporaryFolder();
        await using var others = await ToldOthers.StartAsync();
        await using var server = await others.ServeSampleAsync(data.Path);
        var page = await browser.OpenAsync(server.Address.Port);
        await PageSteps.LogInAsync(page);
        await PageSteps.ImportAsync(page, SharedData.AiderCalls);
        await page.GetByTestId("composer").FillAsync("What are we spending? And tell the others.");
        await page.GetByTestId("send").ClickAsync();
        await Expect(page.Locator("[data-testid=approval][data-state=open]")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("agent-tell").Locator(".spinner")).ToHaveCountAsync(0);

        await page.GetByTestId("stop-tell").ClickAsync();

        await Expect(page.Locator("[data-testid=approval][data-state=withdrawn]")).ToContainTextAsync("Withdrawn");
        await Expect(page.GetByTestId("asked")).ToHaveCountAsync(0);
        await Expect(page.Locator("[data-testid=run-tree][data-status=completed]")).ToBeVisibleAsync();
        Assert.Empty(others.Posted);
    }
}
