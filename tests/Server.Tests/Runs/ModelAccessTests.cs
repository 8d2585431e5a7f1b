using Apex.Agents.ChatModels;
using Apex.Protocol.Events;
using Apex.Testing;

namespace Apex.Server.Tests.Runs;

/// <summary>A chat model behind the whole server: asked, heard, checked, counted.</summary>
public sealed class ModelAccessTests
{
    private const string Question = "What did we spend per model?";

    [Fact]
    public async Task A_question_is_answered_in_the_models_words_and_its_cost_can_be_asked_for()
    {
        await using var model = await ModelServer.StartAsync(ModelReply.Saying("**Most of it goes to one model.**"));
        await using var server = await StartAsync(model);
        using var user = server.As(await server.RegisterAsync());
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);
        var thread = await user.NewThreadAsync();

        var first = await AnswerAsync(user, thread.Id, Question);
        var own = await AnswerAsync(user, thread.Id, "What did apex cost?");
        var again = await AnswerAsync(user, thread.Id, Question);

        Assert.StartsWith("**Most of it goes to one model.**", first.Result.Markdown, StringComparison.Ordinal);
        Assert.Equal("gpt-4o", first.Result.Planner);
        Assert.True(first.Usage is { InputTokens: 1_200, OutputTokens: 80, CostUsd: > 0 });
        Assert.Contains("only apex", own.Result.Title, StringComparison.Ordinal);
        Assert.Contains(own.Result.Figures, figure => figure.Unit == "usd" && Math.Abs(figure.Value - (double)first.Usage.CostUsd) < 1e-9);
        // What we cost is not the answer to what the organisation's own work costs, and does not move its figures.
        Assert.Equal(
            first.Result.Figures.Select(figure => figure.Text),
            again.Result.Figures.Where(figure => figure.Pointer != "/rows_excluded_by_reason/own_calls").Select(figure => figure.Text));
        Assert.Contains("Apex's own calls of chat models are left out", again.Result.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_conversation_so_far_goes_with_the_question()
    {
        await using var model = await ModelServer.StartAsync(ModelReply.Saying("Most of it goes to one model."));
        await using var server = await StartAsync(model);
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();

        await AnswerAsync(user, thread.Id, "My name is Ada.");
        await AnswerAsync(user, thread.Id, "Who am I?");

        var second = model.Calls[^1].Body.GetProperty("messages").EnumerateArray().ToArray();
        Assert.Contains(second, message => message.GetProperty("role").GetString() == "user" && message.GetProperty("content").GetString() == "My name is Ada.");
        Assert.Contains(second, message => message.GetProperty("role").GetString() == "assistant");
    }

    [Fact]
    public async Task A_model_that_is_away_costs_the_user_its_words_and_nothing_else()
    {
        await using var model = await ModelServer.StartAsync(ModelReply.Status(500));
        await using var server = await StartAsync(model);
        using var user = server.As(await server.RegisterAsync());
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);

        var answer = await AnswerAsync(user, (await user.NewThreadAsync()).Id, Question);

        Assert.Equal("deterministic", answer.Result.Planner);
        Assert.Contains("`gpt-4o` did not answer: its server failed.", answer.Result.Markdown, StringComparison.Ordinal);
        Assert.NotEmpty(answer.Result.Figures);
    }

    private static Task<ApexTestServer> StartAsync(ModelServer model) => ApexTestServer.StartAsync(options => new ApexServerOptions
    {
        DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
        AdminEmail = options.AdminEmail, AdminPassword = options.AdminPassword,
        Models = [new ChatModelOptions { Model = "gpt-4o", BaseAddress = model.Address, RetryDelay = TimeSpan.FromMilliseconds(1) }],
    });

    private static async Task<AgentCompleted> AnswerAsync(HttpClient user, Protocol.Ids.ThreadId thread, string question) =>
        Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync((await user.AskAsync(thread, question)).RunId))[^1]);
}
