using Apex.Testing;
using static Apex.EndToEnd.Tests.PageSteps;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>Going on from the past, in a real browser.</summary>
public sealed class ForkPageTests(BrowserFixture browser)
{
    [Fact]
    public async Task An_earlier_question_is_asked_otherwise_and_a_run_goes_on_from_one_of_its_steps()
    {
        using var data = new TemporaryFolder();
        await using var server = await ApexProcess.ServeAsync(data.Path, Administrator);
        var page = await browser.OpenAsync(server.Address.Port);
        await LogInAsync(page);
        await ImportAsync(page, SharedData.AiderCalls);
        await AskAsync(page, "what are we spending per model?");
        await Expect(page.GetByTestId("answer").Last).ToBeVisibleAsync();

        await page.GetByTestId("question").Last.HoverAsync();
        await page.GetByTestId("ask-otherwise").Last.ClickAsync();
        await page.GetByTestId("otherwise").FillAsync("what are we spending per month?");
        await page.GetByTestId("otherwise-send").ClickAsync();
        await Expect(page.GetByTestId("forked-from")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("question")).ToHaveCountAsync(1);
        await Expect(page.GetByTestId("question")).ToContainTextAsync("per month");
        await Expect(page.GetByTestId("answer").Last).ToBeVisibleAsync();

        await page.GetByTestId("run-toggle").Last.ClickAsync();
        await page.GetByTestId("go-on-data").ClickAsync();
        // The conversation it came from shows an answer too: only the new one has no data agent.
        await Expect(page.GetByTestId("agent-data")).ToHaveCountAsync(0);
        await Expect(page.GetByTestId("answer").Last).ToBeVisibleAsync();
        await Expect(page.GetByTestId("run-toggle").Last).ToHaveAttributeAsync("aria-expanded", "false");
        await page.GetByTestId("run-toggle").Last.ClickAsync();
        await Expect(page.GetByTestId("agent-reporting")).ToBeVisibleAsync();

        // What the steps before had found is read from the run that found it.
        await page.GetByTestId("answer").Last.GetByTestId("figure").First.ClickAsync();
        await Expect(page.GetByTestId("evidence-envelope")).ToBeVisibleAsync();
        await AssertEveryEventOnceAsync(page);
        await SaveScreenshotAsync(page, "fork");
    }
}
