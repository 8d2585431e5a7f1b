using Apex.Agents.ChatModels;
using Apex.Agents.Execution;
using Apex.Agents.Tests.House;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Reports;
using Apex.Testing;
using Apex.Usage.Events;

namespace Apex.Agents.Tests.Conversing;

/// <summary>Answers in a chat model's words, over the wire of a real server.</summary>
public sealed class ConversationTests(ITestOutputHelper output)
{
    private const string Question = "What did we spend per model?";

    [Theory]
    [InlineData(ChatModelProvider.OpenAi)]
    [InlineData(ChatModelProvider.Anthropic)]
    public async Task The_answer_is_in_the_models_words_and_its_figures_can_be_opened(ChatModelProvider provider)
    {
        var spent = await SpentAsync();
        await using var house = await ModelHouse.OpenAsync(
            [[ModelReply.Saying($"**You spent {spent} in all, most of it on `gpt-4o`.**\n\nThat is what the log says.")]],
            options: (server, index) => ModelHouse.Options(server, index, provider));

        var run = await house.AnswerAsync(Question);

        Show(run);
        run.AssertEveryFigureIsHeld();
        Assert.StartsWith($"**You spent [{spent}](#fig-", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Equal("gpt-4o", run.Report.Planner);
        Assert.Equal(ReportKind.Full, run.Report.Kind);
        Assert.StartsWith($"You spent {spent} in all", run.Completed.Summary, StringComparison.Ordinal);
        Assert.Contains(run.Report.Figures, figure => figure.Text == spent && figure.ToolName == "cost_breakdown");
        Assert.Contains("## Method and limits", run.Report.Markdown, StringComparison.Ordinal);
        Assert.NotEmpty(run.Report.Charts);
        Assert.Equal(["triage", "data", "optimization", "actions", "conversation", "reporting"], run.Agents);
    }

    [Fact]
    public async Task A_number_that_no_result_holds_is_never_shown_and_must_be_written_again()
    {
        var spent = await SpentAsync();
        await using var house = await ModelHouse.OpenAsync(
            ModelReply.Saying($"You spent {spent}. You can save $987,654 a year. Ask again later."),
            ModelReply.Saying($"You spent {spent}. You can save $987,655 a year. Ask again tomorrow."));

        var run = await house.AnswerAsync(Question);

        Show(run);
        run.AssertEveryFigureIsHeld();
        Assert.DoesNotContain("987,65", run.Report.Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain(run.Frames.OfType<TextDelta>(), delta => delta.Delta.Contains("987", StringComparison.Ordinal));
        Assert.Contains("Ask again tomorrow.", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("were left out, because no result holds a number in them", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Equal(2, house.Server.Calls.Count);
        Assert.Contains("could not be traced", house.Server.Calls[1].Body.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("You spent {0} on `gpt-4o-mini`.", "belongs to another model")]
    [InlineData("The log holds $30 calls.", "is a count, not money")]
    public async Task A_number_in_the_wrong_place_is_left_out(string sentence, string because)
    {
        await using var plain = await AgentHouse.OpenAsync(calls: ModelHouse.Calls);
        var row = (await plain.AnswerAsync(Question)).Report.Figures.First(figure => figure.Unit == "usd" && figure.Pointer == "/result/rows/0/cost_usd");
        await using var house = await ModelHouse.OpenAsync(ModelReply.Saying("Good. " + string.Format(null, sentence, row.Text)));

        var run = await house.AnswerAsync(Question);

        output.WriteLine(because);
        Show(run);
        Assert.StartsWith("Good.", run.Report.Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain(sentence[..12], run.Report.Markdown.Split("## ")[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ChatModelProvider.OpenAi)]
    [InlineData(ChatModelProvider.Anthropic)]
    public async Task A_model_asks_for_tools_and_reads_their_results(ChatModelProvider provider)
    {
        await using var house = await ModelHouse.OpenAsync(
            [[ModelReply.Calling(("token_distribution", "{}"), ("cost_breakdown", """{"group_by":["user"]}""")), ModelReply.Saying("`ada` and `bob` use it.")]],
            options: (server, index) => ModelHouse.Options(server, index, provider));

        var run = await house.AnswerAsync(Question);

        Show(run);
        var asked = run.Events.OfType<ToolExecuting>().Where(tool => tool.AgentName == "conversation").Select(tool => tool.ToolName).ToArray();
        Assert.Equal(["token_distribution", "cost_breakdown"], asked);
        Assert.All(run.Events.OfType<ToolCompleted>(), tool => Assert.Equal(ToolStatus.Success, tool.Status));
        var second = house.Server.Calls[1].Body.GetRawText();
        Assert.Contains("bob", second, StringComparison.Ordinal);
        Assert.Contains("`ada` and `bob` use it.", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Words_are_shown_while_the_model_still_writes()
    {
        var go = new TaskCompletionSource();
        await using var house = await ModelHouse.OpenAsync(ModelReply.SayingThen("Most of it goes to one ", go.Task, "model. Look below."));
        var context = house.House.Ask(Question);

        var shown = "";
        await foreach (var said in house.House.Supervisor.RunAsync(context, new MemoryLedger(), CancellationToken.None))
            if (said is AgentOutput.Hinted { Frame: TextDelta delta })
            {
                shown = shown[..delta.Offset] + delta.Delta;
                if (shown.StartsWith("Most of it goes", StringComparison.Ordinal))
                    go.TrySetResult();
            }
            else if (said is AgentOutput.Said { Reply: { } reply })
            {
                Assert.Contains(shown.Trim(), reply.Content, StringComparison.Ordinal);
            }

        Assert.Equal("Most of it goes to one model. Look below.", shown.Trim());
    }

    [Fact]
    public async Task Each_call_stands_in_the_usage_log_with_its_cost()
    {
        await using var house = await ModelHouse.OpenAsync(ModelReply.Status(429, retryAfter: "0"), ModelReply.Saying("Fine.", input: 1_200, output: 80, cached: 200));

        var run = await house.AnswerAsync(Question);

        var own = await house.OwnCallsAsync();
        Assert.Equal([CallStatus.Error, CallStatus.Success], own.OrderBy(call => call.Attempt).Select(call => call.Status));
        var good = own.Single(call => call.Status == CallStatus.Success);
        Assert.Equal((1_000, 200, 80), (good.InUncached, good.InCacheRead, good.OutVisible));
        Assert.Equal(("apex", "gpt-4o", "user_1", run.Context.Thread.Value), (good.Source, good.RequestModel, good.UserId, good.ConversationId));
        Assert.True(good.CostEffective!.Value.Value > 0);
        Assert.Equal(new ModelUsage(1_200, 80, good.CostEffective.Value.Dollars), run.Completed.Usage);
        Assert.Equal(run.Completed.Usage, run.Report.Usage);
    }

    [Fact]
    public async Task The_key_goes_to_the_models_server_and_nowhere_else()
    {
        await using var house = await ModelHouse.OpenAsync(ModelReply.Saying("Fine."));

        var run = await house.AnswerAsync(Question);

        Assert.Equal("Bearer sk-secret-key", house.Server.Calls[0].Headers["Authorization"]);
        Assert.DoesNotContain(run.Events, said => said.ToString()!.Contains("sk-secret", StringComparison.Ordinal));
        Assert.DoesNotContain("sk-secret", ModelHouse.Options(house.Server).ToString(), StringComparison.Ordinal);
    }

    /// <summary>The sum of the log as the planner prints it.</summary>
    private static async Task<string> SpentAsync()
    {
        await using var house = await AgentHouse.OpenAsync(calls: ModelHouse.Calls);
        var run = await house.AnswerAsync(Question);
        return run.Report.Figures.First(figure => figure.Unit == "usd" && figure.Pointer.Contains("total", StringComparison.Ordinal)).Text;
    }

    private void Show(RecordedRun run)
    {
        output.WriteLine(run.Fault?.ToString() ?? string.Join(' ', run.Agents) + " | " + string.Join(' ', run.Tools));
        output.WriteLine(run.Report.Markdown);
    }
}
