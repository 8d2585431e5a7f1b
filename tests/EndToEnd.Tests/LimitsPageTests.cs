using Apex.Agents.ChatModels;
using Apex.Testing;
using Microsoft.Playwright;
using static Apex.EndToEnd.Tests.PageSteps;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>Tiers, limits and budgets, as the page tells them to the people they hold for.</summary>
public sealed class LimitsPageTests(BrowserFixture browser)
{
    [Fact]
    public async Task A_question_without_budget_waits_says_what_to_do_and_goes_on_when_an_administrator_raises_it_on_the_page()
    {
        await using var model = await ModelServer.StartAsync(ModelReply.Saying("**Most of it goes to one model.**"));
        await using var held = await HeldServer.StartAsync(new ChatModelOptions { Model = "gpt-4o", BaseAddress = model.Address });
        held.LetGo();
        var page = await browser.OpenAsync(held.Port);
        await LogInAsync(page);
        await ImportAsync(page, SharedData.AiderCalls);

        await page.GetByTestId("view-limits").ClickAsync();
        await Expect(page.GetByTestId("budget-user-usd_per_day")).ToContainTextAsync("$1.00 left");
        await Expect(page.GetByTestId("limit-messages_per_minute")).ToContainTextAsync("1,000 a minute");
        await SetBudgetAsync(page, tokensPerDay: "10");
        await Expect(page.GetByTestId("budget-said")).ToContainTextAsync($"{Email}: 10 tokens a day.");
        await Expect(page.GetByTestId("budget-user-tokens_per_day")).ToContainTextAsync("10 left");

        await page.GetByTestId("new-thread").ClickAsync();
        await page.GetByTestId("composer").FillAsync("what are we spending per model?");
        await page.GetByTestId("send").ClickAsync();
        var run = page.GetByTestId("run-tree");
        await Expect(run).ToHaveAttributeAsync("data-status", "paused");
        await Expect(run).ToContainTextAsync("Waiting for budget");
        await Expect(run).ToContainTextAsync("That is more than the whole budget: it goes on when an administrator raises it.");
        await SaveScreenshotAsync(page, "paused-for-budget");
        Assert.Empty(model.Calls);

        await page.GetByTestId("see-budgets").ClickAsync();
        await SetBudgetAsync(page, tokensPerDay: "1000000");
        await Expect(page.GetByTestId("budget-said")).ToContainTextAsync("1 question waited for it and looks again.");
        await page.GetByTestId("thread").First.ClickAsync();
        await Expect(page.GetByTestId("answer")).ToContainTextAsync("Most of it goes to one model.");

        await page.GetByTestId("view-limits").ClickAsync();
        await Expect(page.GetByTestId("budget-user-tokens_per_day")).ToContainTextAsync("1,280 of 1,000,000 spent");
        await page.GetByTestId("budget-of").SelectOptionAsync("organisation");
        await page.GetByTestId("set-tokens_per_day").FillAsync("");
        await page.GetByTestId("set-usd_per_month").FillAsync("250");
        await page.GetByTestId("set-budget").ClickAsync();
        await Expect(page.GetByTestId("budget-organisation-usd_per_month")).ToContainTextAsync("of $250.00 spent");
        await Expect(page.GetByTestId("limits")).ToContainTextAsync("Your organisation's, shared by everybody in it");
        await SaveScreenshotAsync(page, "limits");
        await page.GetByTestId("budget-setting").Filter(new() { HasText = "organisation" }).GetByRole(AriaRole.Button, new() { NameRegex = new System.Text.RegularExpressions.Regex("^Take back") }).ClickAsync();
        await Expect(page.GetByTestId("budget-organisation-usd_per_month")).ToHaveCountAsync(0);
        await Expect(page.GetByTestId("budget-setting")).ToHaveCountAsync(1);
        await AssertEveryEventOnceAsync(page);

        var other = (await held.Server.RegisterAsync(Some.Email(), Password)).User.Email;
        await page.GetByTestId("account-search").FillAsync(other);
        var theirs = page.Locator($"[data-testid=account-row][data-email='{other}']");
        await theirs.GetByTestId("account-tier").SelectOptionAsync("mid");
        await Expect(page.GetByTestId("account-said")).ToHaveTextAsync($"{other}: tier mid, role user.");
        await theirs.GetByTestId("account-switch").ClickAsync();
        await Expect(page.GetByTestId("account-said")).ToHaveTextAsync($"{other}: tier mid, role user, disabled. 1 log-in ended.");
        await page.GetByTestId("account-search").FillAsync(Email);
        var own = page.Locator($"[data-testid=account-row][data-email='{Email}']");
        await own.GetByTestId("account-role").SelectOptionAsync("user");
        await Expect(page.GetByTestId("account-said")).ToContainTextAsync("is the last administrator who can log in");
        await Expect(own.GetByTestId("account-role")).ToHaveValueAsync("admin");
        await SaveScreenshotAsync(page, "accounts");
    }

    [Fact]
    public async Task A_newcomer_sees_what_is_left_on_a_phone_and_nothing_that_only_administrators_may_do()
    {
        await using var held = await HeldServer.StartAsync();
        var someone = Some.Email();
        await held.Server.RegisterAsync(someone, Password);
        var phone = await browser.OpenAsync(held.Port, width: 390, height: 844, ColorScheme.Dark);
        await LogInAsync(phone, someone);

        await phone.GetByTestId("menu").ClickAsync();
        await phone.GetByTestId("view-limits").ClickAsync();

        await Expect(phone.GetByTestId("limits")).ToContainTextAsync("Your tier is free");
        await Expect(phone.GetByTestId("budget-user-tokens_per_month")).ToContainTextAsync("5,000,000 left");
        await Expect(phone.GetByTestId("limit-runs_at_once")).ToContainTextAsync("2 of 2 left");
        await Expect(phone.GetByTestId("budget-settings")).ToHaveCountAsync(0);
        Assert.True(await phone.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), "wider than the phone");
        await Expect(phone.GetByTestId("accounts")).ToHaveCountAsync(0);
        await SaveScreenshotAsync(phone, "limits-phone");
    }

    private static async Task SetBudgetAsync(IPage page, string tokensPerDay)
    {
        await page.GetByTestId("set-tokens_per_day").FillAsync(tokensPerDay);
        await page.GetByTestId("set-budget").ClickAsync();
    }
}
