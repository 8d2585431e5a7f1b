using Apex.Usage.Events;

namespace Apex.Usage.Tools.Replay;

/// <summary>
/// What is remembered of each conversation while its calls come by in order of time. Calls of different models or features under one
/// id are told apart: they do not share a prompt. Past the limit the conversations idle longest are dropped, and begin anew
/// if they come back.
/// </summary>
internal sealed class ConversationStates<TState>(int most = 200_000)
    where TState : class, new()
{
    private readonly Dictionary<(string Conversation, string? Model, string? Feature), Seen> _states = [];

    public long Conversations { get; private set; }

    public long Dropped { get; private set; }

    /// <param name="conversation">The call's conversation id.</param>
    public TState Of(UsageEvent call, string conversation)
    {
        var key = (conversation, call.Model, call.Feature);
        if (!_states.TryGetValue(key, out var seen))
        {
            if (_states.Count >= most)
                DropIdle();
            _states[key] = seen = new Seen();
            Conversations++;
        }

        seen.At = call.StartedAt;
        return seen.State;
    }

    private void DropIdle()
    {
        var idle = _states.OrderBy(pair => pair.Value.At).Take(most / 4).Select(pair => pair.Key).ToList();
        Dropped += idle.Count;
        foreach (var key in idle)
            _states.Remove(key);
    }

    private sealed class Seen
    {
        public TState State { get; } = new();

        public DateTimeOffset At { get; set; }
    }
}
