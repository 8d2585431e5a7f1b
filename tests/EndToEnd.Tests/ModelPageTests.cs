using Apex.Agents.ChatModels;
using Apex.Testing;
using Microsoft.Playwright;
using static Apex.EndToEnd.Tests.PageSteps;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>Model access, as its reader is told of it: who wrote an answer, and why it was not the model that was asked first.</summary>
public sealed class ModelPageTests(BrowserFixture browser)
{
    private const string Question = "what are we spending per model?";

    [Fact]
    public async Task An_answer_by_the_second_model_says_whose_words_they_are_and_why()
    {
        await using var first = await ModelServer.StartAsync(ModelReply.Status(500));
        await using var second = await ModelServer.StartAsync(ModelReply.Saying("**Most of it goes to one model.**"));
        await using var held = await StartAsync(Model("gpt-4o", first), Model("gpt-4o-mini", second));
        var page = await AskedAsync(held);

        var writer = page.GetByTestId("writer");
        await Expect(writer).ToContainTextAsync("phrased by gpt-4o-mini");
        await Expect(page.GetByTestId("answer")).ToContainTextAsync("Most of it goes to one model.");
        await Expect(page.GetByTestId("answer")).ToContainTextAsync("gpt-4o did not answer: its server failed.");
        await Expect(page.GetByTestId("written-instead")).ToHaveTextAsync("gpt-4o did not answer; these words are by gpt-4o-mini.");
        await SaveScreenshotAsync(page, "second-model-head");
        await writer.ScrollIntoViewIfNeededAsync();
        await SaveScreenshotAsync(page, "second-model");
    }

    [Fact]
    public async Task Where_no_model_answers_the_planner_does_and_the_answer_says_so()
    {
        await using var broken = await ModelServer.StartAsync(ModelReply.Status(500));
        await using var held = await StartAsync(Model("gpt-4o", broken));
        var page = await AskedAsync(held);

        await Expect(page.GetByTestId("writer")).ToContainTextAsync("computed without a language model");
        await Expect(page.GetByTestId("answer")).ToContainTextAsync("So this answer is the planner's, computed without a chat model.");
        await Expect(page.GetByTestId("written-instead")).ToHaveTextAsync("gpt-4o did not answer; this answer is computed without a chat model.");
        await Expect(page.GetByTestId("figure").First).ToBeVisibleAsync();
        await SaveScreenshotAsync(page, "planner-instead");
    }

    private static async Task<HeldServer> StartAsync(params ChatModelOptions[] models)
    {
        var held = await HeldServer.StartAsync(models);
        held.LetGo();
        return held;
    }

    private static ChatModelOptions Model(string name, ModelServer server) =>
        new() { Model = name, BaseAddress = server.Address, RetryDelay = TimeSpan.FromMilliseconds(1) };

    private async Task<IPage> AskedAsync(HeldServer held)
    {
        var page = await browser.OpenAsync(held.Port);
        await LogInAsync(page);
        await ImportAsync(page, SharedData.AiderCalls);
        await AskAsync(page, Question);
        return page;
    }
}
