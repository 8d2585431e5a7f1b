using System.Net;
using System.Text;
using Apex.Testing;
using Microsoft.Playwright;
using static Apex.EndToEnd.Tests.PageSteps;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>What becomes of a question that is asked while another is worked on, as its user chose on the page.</summary>
public sealed class WhenBusyPageTests(BrowserFixture browser)
{
    [Fact]
    public async Task A_further_question_waits_for_its_turn_and_a_program_that_would_not_wait_is_refused_without_a_trace()
    {
        await using var held = await HeldServer.StartAsync();
        var page = await BusyAsync(held);

        await page.GetByTestId("composer").FillAsync("what did we spend month by month?");
        await page.GetByTestId("send").ClickAsync();
        await Expect(page.GetByTestId("run-tree").Last).ToHaveAttributeAsync("data-status", "queued");
        await Expect(page.GetByTestId("run-tree").Last).ToContainTextAsync("Waiting for its turn");
        await SaveScreenshotAsync(page, "queued");
        using (var refused = await RejectAsync(held, page.Url.Split('/')[^1]))
        {
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            Assert.Contains("\"busy\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        held.LetGo();
        await Expect(page.GetByTestId("answer")).ToHaveCountAsync(2);

        await Expect(page.GetByTestId("question")).ToHaveCountAsync(2);
        await Expect(page.GetByTestId("answer").Last).ToContainTextAsync("2024-08");
        await AssertEveryEventOnceAsync(page);
    }

    [Fact]
    public async Task Words_can_be_added_to_the_work_and_stand_under_it()
    {
        await using var held = await HeldServer.StartAsync();
        var page = await BusyAsync(held);

        await page.GetByTestId("when-busy").SelectOptionAsync("steer");
        await page.GetByTestId("composer").FillAsync("and only for o3");
        await page.GetByTestId("send").ClickAsync();
        await Expect(page.GetByTestId("steered")).ToHaveTextAsync("Added to the work above");
        await SaveScreenshotAsync(page, "steered");
        held.LetGo();

        await Expect(page.GetByTestId("answer")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("run-tree")).ToHaveCountAsync(1);
        await Expect(page.GetByTestId("run-tree")).ToHaveAttributeAsync("data-status", "completed");
        await AssertEveryEventOnceAsync(page);
    }

    [Fact]
    public async Task A_question_can_take_the_place_of_the_one_that_is_worked_on()
    {
        await using var held = await HeldServer.StartAsync();
        var page = await BusyAsync(held);

        await page.GetByTestId("when-busy").SelectOptionAsync("interrupt");
        await HeldServer.AskUntilHeldAsync(page, "what did we spend month by month?");
        await Expect(page.GetByTestId("run-tree").First).ToHaveAttributeAsync("data-status", "cancelled");
        await SaveScreenshotAsync(page, "interrupted");
        held.LetGo();

        await Expect(page.GetByTestId("run-tree").Last).ToHaveAttributeAsync("data-status", "completed");
        await Expect(page.GetByTestId("answer").Last).ToContainTextAsync("2024-08");
        await AssertEveryEventOnceAsync(page);
    }

    [Fact]
    public async Task A_question_that_is_not_to_wait_comes_back_and_can_be_asked_after_all()
    {
        await using var held = await HeldServer.StartAsync();
        var page = await BusyAsync(held);

        await page.GetByTestId("when-busy").SelectOptionAsync("reject");
        await page.GetByTestId("composer").FillAsync("what did we spend month by month?");
        await page.GetByTestId("send").ClickAsync();
        await Expect(page.GetByTestId("unsent")).ToContainTextAsync("Not asked: an earlier question here had not ended.");
        await Expect(page.GetByTestId("run-tree")).ToHaveCountAsync(1);
        await SaveScreenshotAsync(page, "not-asked");
        await page.GetByTestId("ask-after").ClickAsync();
        await Expect(page.GetByTestId("run-tree").Last).ToHaveAttributeAsync("data-status", "queued");
        await Expect(page.GetByTestId("unsent")).ToHaveCountAsync(0);
        held.LetGo();

        await Expect(page.GetByTestId("answer")).ToHaveCountAsync(2);
        await Expect(page.GetByTestId("question")).ToHaveCountAsync(2);
        await AssertEveryEventOnceAsync(page);
    }

    private async Task<IPage> BusyAsync(HeldServer held)
    {
        var page = await browser.OpenAsync(held.Port);
        await LogInAsync(page);
        await ImportAsync(page, SharedData.AiderCalls);
        await Expect(page.GetByTestId("when-busy")).ToHaveCountAsync(0);
        await HeldServer.AskUntilHeldAsync(page, "what are we spending per model?");
        await Expect(page.GetByTestId("when-busy")).ToHaveValueAsync("enqueue");
        return page;
    }

    /// <summary>The fourth choice as a program makes it.</summary>
    private static async Task<HttpResponseMessage> RejectAsync(HeldServer held, string thread)
    {
        using var program = held.Server.As(await held.Server.LogInAsync(Email, Password));
        using var body = new StringContent("""{"content":"And now?","when_busy":"reject"}""", Encoding.UTF8, "application/json");
        return await program.PostAsync($"/api/threads/{thread}/messages", body).Within();
    }
}
