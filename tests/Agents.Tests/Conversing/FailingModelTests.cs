using Apex.Agents.ChatModels;
using Apex.Agents.Dependencies;
using Apex.Agents.Tests.House;
using Apex.Protocol.Events;
using Apex.Testing;

namespace Apex.Agents.Tests.Conversing;

/// <summary>Whatever a model's server does, the run ends with a real answer that says who gave it and why.</summary>
public sealed class FailingModelTests(ITestOutputHelper output)
{
    private const string Question = "What did we spend per model?";

    private static readonly Dictionary<string, (ModelReply Reply, string Reason, int Calls)> Failures = new()
    {
        ["rate limited"] = (ModelReply.Status(429), "limits how often it may be asked", 3),
        ["told to wait for an hour"] = (ModelReply.Status(429, retryAfter: "3600"), "limits how often it may be asked", 1),
        ["failing"] = (ModelReply.Status(503), "its server failed", 3),
        ["wrong key"] = (ModelReply.Status(401), "did not accept the key", 1),
        ["unknown model"] = (ModelReply.Status(404), "does not know that model or address", 1),
        ["redirecting"] = (ModelReply.Status(302), "does not know that model or address", 1),
        ["bad request"] = (ModelReply.Status(400), "refused the request", 1),
        ["cut"] = (ModelReply.CutAfter("You spent "), "did not answer", 3),
        ["ending early"] = (ModelReply.EndingAfter("You spent "), "its reply broke off", 3),
        ["no JSON"] = (ModelReply.Raw("data: {\"choices\":[{\n\n"), "could not be read", 3),
        ["another shape"] = (ModelReply.Raw("data: {\"choices\":\"none\"}\n\n"), "could not be read", 3),
        ["a web page"] = (ModelReply.Raw("<html>Welcome</html>", "text/html"), "could not be read", 3),
        ["endless"] = (ModelReply.Endless(), "could not be read", 3),
        ["never stopping"] = (ModelReply.Saying(string.Concat(Enumerable.Repeat("on and on 7 ", 4_000))), "could not be read", 3),
        ["empty"] = (ModelReply.Saying(""), "could not be read", 3),
        ["error inside"] = (ModelReply.Raw("data: {\"error\":{\"message\":\"boom sk-secret-key\"}}\n\n"), "its server failed", 3),
    };

    public static TheoryData<string> FailureNames => [.. Failures.Keys];

    [Theory]
    [MemberData(nameof(FailureNames))]
    public async Task The_planner_answers_and_the_answer_says_why(string failure)
    {
        var (reply, reason, calls) = Failures[failure];
        await using var house = await ModelHouse.OpenAsync(reply);

        var run = await house.AnswerAsync(Question);

        output.WriteLine(run.Report.Markdown);
        run.AssertEveryFigureIsHeld();
        Assert.Equal("deterministic", run.Report.Planner);
        Assert.Contains("`gpt-4o` did not answer:", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains(reason, run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("this answer is the planner's", run.Report.Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Equal(calls, house.Server.Calls.Count);
        Assert.DoesNotContain(run.Events, said => said is AgentError);
    }

    [Theory]
    [InlineData("", "it was silent for too long (FirstTokenWithin)")]
    [InlineData("You spent ", "its reply stopped coming (SilenceWithin)")]
    public async Task A_silent_model_is_given_up_on(string words, string reason)
    {
        await using var house = await ModelHouse.OpenAsync([[ModelReply.SilentAfter(words)]], options: (server, _) => new ChatModelOptions
        {
            Model = "gpt-4o", BaseAddress = server.Address, MaxAttempts = 1,
            FirstTokenWithin = TimeSpan.FromMilliseconds(words.Length == 0 ? 50 : 10_000), SilenceWithin = TimeSpan.FromMilliseconds(50),
        });

        var run = await house.AnswerAsync(Question);

        Assert.Contains(reason, run.Report.Markdown, StringComparison.Ordinal);
        Assert.Equal("deterministic", run.Report.Planner);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named_so()
    {
        await using var house = await ModelHouse.OpenAsync(ModelReply.Saying("never"));
        await house.Server.DisposeAsync();

        var run = await house.AnswerAsync(Question);

        Assert.Contains("its server could not be reached", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Empty(await house.OwnCallsAsync());
    }

    [Fact]
    public async Task The_second_model_answers_when_the_first_does_not()
    {
        await using var house = await ModelHouse.OpenAsync([[ModelReply.Status(500)], [ModelReply.Saying("The second speaks.")]]);

        var run = await house.AnswerAsync(Question);

        output.WriteLine(run.Report.Markdown);
        run.AssertEveryFigureIsHeld();
        Assert.Equal("gpt-4o-mini", run.Report.Planner);
        Assert.StartsWith("The second speaks.", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("`gpt-4o` did not answer: its server failed.", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("This answer is by `gpt-4o-mini`.", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_second_model_goes_on_with_what_the_first_fetched()
    {
        await using var house = await ModelHouse.OpenAsync(
        [
            [ModelReply.Calling(("cost_breakdown", """{"group_by":["user"]}""")), ModelReply.Status(500)],
            [ModelReply.Saying("`bob` is the other.")],
        ]);

        var run = await house.AnswerAsync(Question);

        Assert.StartsWith("`bob` is the other.", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("bob", house.Servers[1].Calls[0].Body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_try_that_failed_leaves_nothing_of_its_words()
    {
        await using var house = await ModelHouse.OpenAsync(ModelReply.CutAfter("Wrong words. More wrong "), ModelReply.Saying("Right words."));

        var run = await house.AnswerAsync(Question);

        Assert.StartsWith("Right words.", run.Report.Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("rong words", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_keeps_failing_rests_and_the_next_run_does_not_wait_for_it()
    {
        await using var house = await ModelHouse.OpenAsync(ModelReply.Status(503));

        await house.AnswerAsync(Question);
        var second = await house.AnswerAsync(Question);
        var third = await house.AnswerAsync(Question);

        Assert.Equal(CircuitBreaker.FailuresToOpen, house.Server.Calls.Count);
        Assert.Contains("left alone for half a minute", second.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("left alone for half a minute", third.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_context_that_is_too_long_for_the_server_is_halved_once()
    {
        await using var house = await ModelHouse.OpenAsync(
            ModelReply.Status(400, """{"error":{"message":"too long","code":"context_length_exceeded"}}"""), ModelReply.Saying("It fits now."));

        var run = await house.AnswerAsync(Question);

        Assert.StartsWith("It fits now.", run.Report.Markdown, StringComparison.Ordinal);
        Assert.True(house.Server.Calls[1].Body.GetRawText().Length < house.Server.Calls[0].Body.GetRawText().Length);
    }

    [Fact]
    public async Task A_cancelled_run_closes_the_models_stream()
    {
        await using var house = await ModelHouse.OpenAsync(ModelReply.SilentAfter("You spent "));
        using var stop = new CancellationTokenSource();
        var context = house.House.Ask(Question);

        var outputs = house.House.Supervisor.RunAsync(context, new MemoryLedger(), stop.Token);
        var run = RecordedRun.OfAsync(outputs, context, onEvent: said =>
        {
            if (said is AgentThinking { AgentName: "conversation" })
                stop.CancelAfter(TimeSpan.FromMilliseconds(200));
        });

        Assert.IsAssignableFrom<OperationCanceledException>((await run.Within()).Fault);
    }

    [Fact]
    public async Task A_model_without_end_leaves_time_for_the_report()
    {
        await using var house = await ModelHouse.OpenAsync([[ModelReply.SilentAfter("")]], options: (server, _) => new ChatModelOptions
        {
            Model = "gpt-4o", BaseAddress = server.Address, FirstTokenWithin = TimeSpan.FromMinutes(1),
        });

        var run = await house.House.RunAsync(house.House.Ask(Question, deadline: TimeSpan.FromSeconds(12)));

        output.WriteLine(run.Report.Markdown);
        Assert.Contains("`gpt-4o` did not answer in the time that the run had", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("## Method and limits", run.Report.Markdown, StringComparison.Ordinal);
    }
}
