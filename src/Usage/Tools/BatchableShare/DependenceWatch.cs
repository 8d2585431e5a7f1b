using Apex.Usage.Events;

namespace Apex.Usage.Tools.BatchableShare;

/// <summary>
/// Tells which calls another call waited for: it names them as its parent, or it follows them in the same trace or conversation
/// within five minutes of their end. Such a call cannot wait for a batch. Rows come in order of time.
/// </summary>
internal sealed class DependenceWatch
{
    public static readonly TimeSpan Within = TimeSpan.FromMinutes(5);

    /// <summary>Calls of one thread that are looked at; a trace with more calls at once is bulk work, whose early ones nothing awaits.</summary>
    private const int MaxPerThread = 64;

    private readonly Dictionary<string, PendingCall> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<PendingCall>> _byThread = new(StringComparer.Ordinal);

    public void See(UsageEvent call)
    {
        // A further attempt of the same request is no use of its answer.
        if (call.Attempt is > 1)
            return;
        if (call.ParentEventId is { } parent && _byId.TryGetValue(parent, out var named) && call.StartedAt - named.EndedAt < Within)
            named.IsAwaited = true;
        foreach (var thread in Threads(call))
            if (_byThread.TryGetValue(thread, out var open))
                open.RemoveAll(pending => Awaits(call, pending));
    }

    public void Watch(UsageEvent call, PendingCall pending)
    {
        _byId[call.EventId] = pending;
        foreach (var thread in Threads(call))
        {
            if (!_byThread.TryGetValue(thread, out var open))
                _byThread[thread] = open = [];
            if (open.Count == MaxPerThread)
                open.RemoveAt(0);
            open.Add(pending);
        }
    }

    public void Forget(UsageEvent call, PendingCall pending)
    {
        _byId.Remove(call.EventId);
        foreach (var thread in Threads(call))
            if (_byThread.TryGetValue(thread, out var open))
            {
                open.Remove(pending);
                if (open.Count == 0)
                    _byThread.Remove(thread);
            }
    }

    private static bool Awaits(UsageEvent call, PendingCall pending)
    {
        var gap = call.StartedAt - pending.EndedAt;
        if (gap < TimeSpan.Zero || gap >= Within)
            return false;
        pending.IsAwaited = true;
        return true;
    }

    private static IEnumerable<string> Threads(UsageEvent call)
    {
        if (call.TraceId is { } trace)
            yield return "t:" + trace;
        if (call.ConversationId is { } conversation)
            yield return "c:" + conversation;
    }
}
