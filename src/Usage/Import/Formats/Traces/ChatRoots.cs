namespace Apex.Usage.Import.Formats.Traces;

/// <summary>The first request of each chat, found over the requests before it. Remembers the last one to two million.</summary>
internal sealed class ChatRoots
{
    private const int GenerationChats = 1_000_000;

    private Dictionary<int, int> recent = [];
    private Dictionary<int, int> older = [];

    public int RootOf(int chat, int? parent)
    {
        var root = parent is not { } before ? chat
            : recent.TryGetValue(before, out var known) || older.TryGetValue(before, out known) ? known
            : before;
        if (recent.Count == GenerationChats)
            (older, recent) = (recent, []);
        recent[chat] = root;
        return root;
    }
}
