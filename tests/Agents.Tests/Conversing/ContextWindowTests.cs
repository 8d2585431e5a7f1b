using System.Text.Json;
using Apex.Agents.ChatModels;
using Apex.Agents.Conversing;
using Apex.Agents.Subagents;
using Apex.Agents.Tests.House;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Testing;
using Microsoft.Extensions.AI;

namespace Apex.Agents.Tests.Conversing;

/// <summary>The rule by which a conversation is kept within a model's window.</summary>
public sealed class ContextWindowTests
{
    private static readonly ChatModelOptions Small = new() { Model = "small", ContextTokens = 4_000, AnswerTokens = 1_000 };

    [Fact]
    public void What_is_sent_never_exceeds_the_window()
    {
        var window = new ContextWindow(Small, "Be good.", "How much?");
        var history = Enumerable.Range(0, 50).Select(i => Message(i, new string('h', 900))).ToArray();
        var calls = Enumerable.Range(0, 8).Select(i => Call(i, LongResult())).ToArray();

        var messages = window.Messages(history, calls, [], []);

        Assert.True(messages.Sum(TokenEstimate.Of) <= Small.ContextTokens - Small.AnswerTokens);
        Assert.Equal(ChatRole.System, messages[0].Role);
        Assert.Contains(messages, message => message.Text == "How much?");
        Assert.Equal(8, messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Count());
    }

    [Fact]
    public void The_newest_earlier_messages_stay_and_stay_in_order()
    {
        var window = new ContextWindow(Small, "Be good.", "How much?");
        var history = Enumerable.Range(0, 50).Select(i => Message(i, $"message {i} " + new string('h', 900))).ToArray();

        var kept = window.Messages(history, [], [], []).Where(message => message.Text.StartsWith("message", StringComparison.Ordinal)).Select(message => message.Text[..10]).ToArray();

        Assert.NotEmpty(kept);
        Assert.Equal("message 49", kept[^1]);
        Assert.Equal(kept.Order(StringComparer.Ordinal), kept);
    }

    [Fact]
    public void A_question_longer_than_the_window_does_not_fit() =>
        Assert.False(new ContextWindow(Small, "Be good.", new string('q', 20_000)).Fits);

    [Fact]
    public void A_result_is_cut_by_its_lists_with_the_cut_named()
    {
        var text = EvidenceDigest.Of(Call(0, LongResult()).Result, maxTokens: 300);

        Assert.True(TokenEstimate.Of(text) <= 300);
        Assert.Contains("further entries are left out here", text, StringComparison.Ordinal);
        Assert.Contains("\"grade\":\"A\"", text, StringComparison.Ordinal);
    }

    private static string LongResult() =>
        "{\"tool\":\"t\",\"grade\":\"A\",\"args\":{},\"result\":{\"rows\":["
        + string.Join(',', Enumerable.Range(0, 400).Select(i => $"{{\"model\":\"model-{i}\",\"cost_usd\":{i}.5}}")) + "]}}";

    private static AskedCall Call(int index, string result) =>
        new(0, new ToolCallResult($"call_{index}", "cost_breakdown", ToolStatus.Success, Json.Of(result), null), default(JsonElement));

    private static MessageView Message(int index, string text) => new(
        MessageId.New(), new ThreadId("thread_1"), index % 2 == 0 ? MessageRole.User : MessageRole.Assistant, text, Some.Time.AddMinutes(index), null);
}
