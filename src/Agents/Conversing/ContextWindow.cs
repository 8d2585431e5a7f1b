using System.Text.Json;
using Apex.Agents.ChatModels;
using Apex.Agents.Planning;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Microsoft.Extensions.AI;

namespace Apex.Agents.Conversing;

/// <summary>
/// Keeps what a model is sent within its window. Of the window the reply is kept free and the rules and the question always go in; of
/// the rest tools' descriptions may take a quarter, results three fifths, each an equal part of it, and the thread's earlier messages
/// what is left, the newest first and only whole ones.
/// </summary>
internal sealed class ContextWindow
{
    private const double ToolsShare = 0.25;
    private const double ResultsShare = 0.6;
    private const int MaxEarlierCharacters = 4_000;

    /// <param name="shrink">Below 1 when a server said that what fitted by our estimate did not.</param>
    public ContextWindow(ChatModelOptions options, string rules, string question, double shrink = 1)
    {
        (Rules, Question) = (new ChatMessage(ChatRole.System, rules), new ChatMessage(ChatRole.User, question));
        Free = (long)((options.ContextTokens - options.AnswerTokens) * shrink) - TokenEstimate.Of(Rules) - TokenEstimate.Of(Question);
    }

    public ChatMessage Rules { get; }

    public ChatMessage Question { get; }

    /// <summary>Tokens beside the rules and the question; below 0 when not even they fit.</summary>
    public long Free { get; }

    public bool Fits => Free > 0;

    /// <summary>As many tools as may be described, the most fitting first.</summary>
    public IReadOnlyList<AITool> Tools(IEnumerable<IAgentTool> fittingFirst)
    {
        var left = (long)(Free * ToolsShare);
        var taken = new List<AITool>();
        foreach (var tool in fittingFirst)
        {
            var described = AIFunctionFactory.CreateDeclaration(tool.Description.Name, tool.Description.Purpose, tool.Description.ArgumentsSchema);
            if (TokenEstimate.Of(described) is var tokens && tokens <= left)
            {
                left -= tokens;
                taken.Add(described);
            }
        }

        return taken;
    }

    /// <summary>The whole conversation: rules, earlier messages, question, results as if the model had asked for them, and what was said since.</summary>
    public IReadOnlyList<ChatMessage> Messages(
        IReadOnlyList<MessageView> history, IReadOnlyList<AskedCall> calls, IReadOnlyList<ChatMessage> since, IReadOnlyList<AITool> tools)
    {
        var results = Results(calls);
        var left = Free - tools.Sum(TokenEstimate.Of) - results.Sum(TokenEstimate.Of) - since.Sum(TokenEstimate.Of);
        return [Rules, .. Earlier(history, left), Question, .. results, .. since];
    }

    private List<ChatMessage> Results(IReadOnlyList<AskedCall> calls)
    {
        if (calls.Count == 0)
            return [];
        var each = (long)(Free * ResultsShare) / calls.Count;
        var asked = new List<ChatMessage>();
        // Calls of one turn stand in one message, their results in the messages after it.
        foreach (var turn in calls.GroupBy(call => call.Turn).OrderBy(turn => turn.Key))
        {
            asked.Add(new ChatMessage(
                ChatRole.Assistant,
                [.. turn.Select(call => (AIContent)new FunctionCallContent(call.Result.ToolCallId, call.Result.ToolName, ToolCallArguments.Of(call.Arguments)))]));
            asked.Add(new ChatMessage(
                ChatRole.Tool,
                [.. turn.Select(call => (AIContent)new FunctionResultContent(call.Result.ToolCallId, EvidenceDigest.Of(call.Result, each)))]));
        }

        return asked;
    }

    private static List<ChatMessage> Earlier(IReadOnlyList<MessageView> history, long left)
    {
        var newestFirst = new List<ChatMessage>();
        foreach (var message in history.Reverse())
        {
            var text = message.Content.Length <= MaxEarlierCharacters ? message.Content : message.Content[..MaxEarlierCharacters] + "…";
            var said = new ChatMessage(message.Role == MessageRole.Assistant ? ChatRole.Assistant : ChatRole.User, text);
            left -= TokenEstimate.Of(said);
            if (left < 0)
                break;
            newestFirst.Add(said);
        }

        newestFirst.Reverse();
        return newestFirst;
    }
}

/// <summary>A call whose result a model gets to read.</summary>
/// <param name="Turn">0 for what the sub-agents before it asked, then one more with each of its own turns.</param>
internal sealed record AskedCall(int Turn, ToolCallResult Result, JsonElement Arguments)
{
    private const int MaxArgumentCharacters = 2_000;

    /// <summary>What the sub-agents before asked; their arguments are in the results.</summary>
    public static IEnumerable<AskedCall> Earlier(IEnumerable<ToolCallResult> calls) => calls
        .Where(call => call.Status == ToolStatus.Success && call.ToolName != ToolNames.Sufficiency)
        .Select(call => new AskedCall(0, call, ArgumentsOf(call)));

    /// <summary>Those of a ranking hold whole results of others, which need not be read twice.</summary>
    private static JsonElement ArgumentsOf(ToolCallResult call) =>
        call.Result is { ValueKind: JsonValueKind.Object } envelope && envelope.TryGetProperty("args", out var args)
        && args.GetRawText().Length <= MaxArgumentCharacters
            ? args
            : default;
}
