using Microsoft.Extensions.AI;

namespace Apex.Agents.ChatModels;

/// <summary>What a model is asked.</summary>
/// <param name="ForceAnswer">Tools are named, because earlier turns used them, but none may be called.</param>
internal sealed record ModelQuestion(IReadOnlyList<ChatMessage> Messages, IReadOnlyList<AITool> Tools, bool ForceAnswer = false);

/// <summary>One reply of a model: its words, or the tools it wants called.</summary>
/// <param name="IsCut">The reply reached its limit of tokens.</param>
internal sealed record ModelTurn(
    string Text, IReadOnlyList<FunctionCallContent> Calls, ModelTokens Tokens, string? AnsweredBy, bool IsCut);

/// <summary>Tokens of one call; buckets are disjoint.</summary>
/// <param name="IsEstimated">The server did not say; counted from the characters.</param>
internal sealed record ModelTokens(long Input, long CacheRead, long CacheWrite, long Output, long Reasoning, bool IsEstimated)
{
    public long InputTotal => Input + CacheRead + CacheWrite;

    public long OutputTotal => Output + Reasoning;
}

/// <summary>Hears a reply while it comes.</summary>
internal interface IReplyListener
{
    void Heard(string text);

    /// <summary>What was heard of this reply is void: it is asked anew.</summary>
    void StartOver();
}

/// <summary>Roughly how many tokens a text has: three characters each, which over-counts English and about meets JSON.</summary>
internal static class TokenEstimate
{
    private const int PerMessage = 8;

    public static long Of(string text) => (text.Length + 2) / 3;

    public static long Of(ChatMessage message) => PerMessage + message.Contents.Sum(content => content switch
    {
        TextContent text => Of(text.Text),
        FunctionCallContent call => Of(call.Name) + Of(ToolCallArguments.Write(call)),
        FunctionResultContent result => Of(result.Result as string ?? ""),
        _ => 0,
    });

    /// <summary>No fewer than the message can have: no token is shorter than a byte of UTF-8, the marks around it aside.</summary>
    public static long Most(ChatMessage message) => (4 * PerMessage) + message.Contents.Sum(content => content switch
    {
        TextContent text => Bytes(text.Text),
        FunctionCallContent call => Bytes(call.Name) + Bytes(ToolCallArguments.Write(call)),
        FunctionResultContent result => Bytes(result.Result as string ?? ""),
        _ => 0,
    });

    public static long Most(AITool tool) => tool is AIFunctionDeclaration function
        ? (4 * PerMessage) + Bytes(function.Name) + Bytes(function.Description) + Bytes(function.JsonSchema.GetRawText())
        : 0;

    private static long Bytes(string text) => System.Text.Encoding.UTF8.GetByteCount(text);

    public static long Of(AITool tool) => tool is AIFunctionDeclaration function
        ? PerMessage + Of(function.Name) + Of(function.Description) + Of(function.JsonSchema.GetRawText())
        : 0;
}
