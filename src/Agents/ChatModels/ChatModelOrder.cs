namespace Apex.Agents.ChatModels;

/// <summary>The configured models, in the order in which they are asked: the second when the first fails. May be none.</summary>
internal sealed class ChatModelOrder(IEnumerable<ChatModel> models)
{
    public IReadOnlyList<ChatModel> All { get; } = [.. models];

    public bool IsEmpty => All.Count == 0;
}
