using Apex.Agents.ChatModels;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Server.Tests.Connections;
using Apex.Testing;

namespace Apex.Server.Tests.Runs;

/// <summary>
/// A chat model behind the whole server: asked in either format, heard as it speaks, checked, counted; tried again, then the second model,
/// then the planner. Each way a model's server can fail, without ours around it: FailingModelTests; its budgets: BudgetTests.
/// </summary>
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

    [Theory]
    [InlineData(ChatModelProvider.OpenAi)]
    [InlineData(ChatModelProvider.Anthropic)]
    public async Task Words_of_either_format_are_seen_while_the_model_still_speaks_and_its_use_is_in_the_usage_log(ChatModelProvider provider)
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var model = await ModelServer.StartAsync(ModelReply.SayingThen("Most of it goes to one model, it seems. And", heard.Task, " that is all."));
        await using var server = await StartAsync(Options(model, provider: provider));
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);
        await using var socket = await WireClient.OpenAsync(server.Address, tokens.AccessToken);
        await socket.SendAsync(new Resume());
        await socket.ReceiveUntilAsync("caught_up");

        await socket.SendAsync(new UserMessage(new UserMessagePayload { Content = Question }, "m1"));
        var delta = await socket.ReceiveUntilAsync("text_delta");
        heard.SetResult();
        var answer = await socket.ReceiveUntilAsync("agent_completed");
        var own = await AnswerAsync(user, (await user.NewThreadAsync()).Id, "What did apex cost?");

        Assert.StartsWith("Most of it", delta.Text("delta"), StringComparison.Ordinal);
        Assert.StartsWith("Most of it goes to one model, it seems. And that is all.", answer.GetProperty("result").Text("markdown"), StringComparison.Ordinal);
        Assert.Equal((100, 10), (answer.GetProperty("usage").GetProperty("input_tokens").GetInt64(), answer.GetProperty("usage").GetProperty("output_tokens").GetInt64()));
        Assert.Contains("only apex", own.Result.Title, StringComparison.Ordinal);
        Assert.Equal(provider == ChatModelProvider.Anthropic ? "/v1/messages" : "/v1/chat/completions", model.Calls[0].Path);
    }

    [Fact]
    public async Task A_model_that_fails_for_a_moment_is_asked_again_one_that_goes_on_failing_is_answered_for_by_the_second_and_both_are_said()
    {
        await using var first = await ModelServer.StartAsync(ModelReply.Status(503), ModelReply.Saying("The first speaks."), ModelReply.Status(401));
        await using var second = await ModelServer.StartAsync(ModelReply.Saying("The second speaks."));
        await using var server = await StartAsync(Options(first), Options(second, "gpt-4o-mini"));
        using var user = server.As(await server.RegisterAsync());
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);
        var thread = await user.NewThreadAsync();

        var again = await AnswerAsync(user, thread.Id, Question);
        var other = await AnswerAsync(user, thread.Id, Question);

        Assert.StartsWith("The first speaks.", again.Result.Markdown, StringComparison.Ordinal);
        Assert.Equal(("gpt-4o", "gpt-4o-mini"), (again.Result.Planner, other.Result.Planner));
        Assert.StartsWith("The second speaks.", other.Result.Markdown, StringComparison.Ordinal);
        Assert.Contains("`gpt-4o` did not answer: its server did not accept the key.", other.Result.Markdown, StringComparison.Ordinal);
        Assert.Contains("This answer is by `gpt-4o-mini`.", other.Result.Markdown, StringComparison.Ordinal);
        Assert.Equal((3, 1), (first.Calls.Count, second.Calls.Count));
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

    private static Task<ApexTestServer> StartAsync(ModelServer model) => StartAsync(Options(model));

    private static ChatModelOptions Options(ModelServer model, string name = "gpt-4o", ChatModelProvider provider = ChatModelProvider.OpenAi) =>
        new() { Model = name, Provider = provider, BaseAddress = model.Address, RetryDelay = TimeSpan.FromMilliseconds(1) };

    private static Task<ApexTestServer> StartAsync(params ChatModelOptions[] models) => ApexTestServer.StartAsync(options => new ApexServerOptions
    {
        DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
        AdminEmail = options.AdminEmail, AdminPassword = options.AdminPassword,
        Models = models,
    });

    private static async Task<AgentCompleted> AnswerAsync(HttpClient user, Protocol.Ids.ThreadId thread, string question) =>
        Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync((await user.AskAsync(thread, question)).RunId))[^1]);
}
