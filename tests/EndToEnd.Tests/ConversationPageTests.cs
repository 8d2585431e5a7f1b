using Apex.Testing;
using Microsoft.Playwright;
using static Apex.EndToEnd.Tests.PageSteps;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>Where a reader finds himself in a long conversation, on a desk, on a phone and on paper.</summary>
public sealed class ConversationPageTests(BrowserFixture browser)
{
    [Fact]
    public async Task A_conversation_opens_at_its_last_question_and_leaves_who_reads_above_in_peace()
    {
        await using var held = await HeldServer.StartAsync();
        held.LetGo();
        var page = await OpenAsync(held);
        await AskAsync(page, "what are we spending per model?", answers: 1);
        await AskAsync(page, "is anything wrong with our spend?", answers: 2);

        await page.ReloadAsync();
        await Expect(page.GetByTestId("answer")).ToHaveCountAsync(2);
        await Expect(page.GetByTestId("question").Last).ToBeInViewportAsync();
        await Expect(page.GetByTestId("follow-up").Last).Not.ToBeInViewportAsync();
        await page.GetByTestId("to-end").ClickAsync();
        await Expect(page.GetByTestId("follow-up").Last).ToBeInViewportAsync();
        await Expect(page.GetByTestId("to-end")).ToHaveCountAsync(0);

        await page.GetByTestId("question").First.ScrollIntoViewIfNeededAsync();
        await Expect(page.GetByTestId("to-end")).ToBeVisibleAsync();
        var other = await OpenAsync(held, import: false);
        await other.GetByTestId("thread").GetByRole(AriaRole.Button).First.ClickAsync();
        await AskAsync(other, "what did we spend month by month?", answers: 3);

        await Expect(page.GetByTestId("answer")).ToHaveCountAsync(3);
        await Expect(page.GetByTestId("question").First).ToBeInViewportAsync();
    }

    [Fact]
    public async Task A_phone_shows_what_a_run_does_and_how_the_connection_is_within_its_width()
    {
        await using var held = await HeldServer.StartAsync();
        await using var network = new TcpProxy(held.Port);
        var page = await browser.OpenAsync(network.Port, width: 360, height: 740, ColorScheme.Dark);
        await LogInAsync(page);
        await ImportAsync(page, SharedData.AiderCalls);
        await HeldServer.AskUntilHeldAsync(page, "what are we spending per model?");
        await AssertNothingIsCutAsync(page);

        network.GoDown();
        await Expect(page.GetByTestId("as-last-heard")).ToBeVisibleAsync();
        await AssertNothingIsCutAsync(page);
        await SaveScreenshotAsync(page, "phone-away");
        held.LetGo();
        network.Restore();

        await Expect(page.GetByTestId("answer")).ToBeVisibleAsync(new() { Timeout = 120_000 });
        Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"));
    }

    [Fact]
    public async Task On_paper_stands_the_whole_answer_with_what_it_rests_on()
    {
        await using var held = await HeldServer.StartAsync();
        held.LetGo();
        var page = await OpenAsync(held);
        await AskAsync(page, "what are we spending per model?", answers: 1);
        await Expect(page.GetByTestId("method").Locator("li").First).ToBeHiddenAsync();

        await page.EvaluateAsync("() => dispatchEvent(new Event('beforeprint'))");
        await page.EmulateMediaAsync(new() { Media = Media.Print, ColorScheme = ColorScheme.Light });

        await Expect(page.GetByTestId("method").Locator("li").Last).ToBeVisibleAsync();
        await Expect(page.GetByTestId("composer")).ToBeHiddenAsync();
        await Expect(page.GetByTestId("thread-list")).ToBeHiddenAsync();
        await SaveScreenshotAsync(page, "paper");
        // Nothing scrolls on paper: the document is as long as the conversation, give or take a rounded pixel.
        var hidden = await page.EvaluateAsync<double>(
            "() => document.querySelector('.column').getBoundingClientRect().height - document.documentElement.scrollHeight");
        Assert.True(hidden <= 1, $"{hidden} pixels of the conversation are not on paper.");
    }

    private async Task<IPage> OpenAsync(HeldServer held, bool import = true)
    {
        var page = await browser.OpenAsync(held.Port);
        await LogInAsync(page);
        if (import)
            await ImportAsync(page, SharedData.AiderCalls);
        return page;
    }

    /// <summary>The words of the run's head are whole, and nothing lies over its buttons.</summary>
    private static async Task AssertNothingIsCutAsync(IPage page)
    {
        Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"));
        foreach (var part in (string[])[".run-headline", ".run-facts"])
            Assert.True(await page.Locator(part).EvaluateAsync<bool>("e => e.scrollWidth <= e.clientWidth"), $"{part} is cut off.");
        Assert.True(await page.EvaluateAsync<bool>(
            "() => document.querySelector('.run-facts').getBoundingClientRect().right <= document.querySelector('[data-testid=stop]').getBoundingClientRect().left"));
    }
}
