using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Testing;

namespace Apex.Protocol.Tests.Order;

/// <summary>Turns any list of numbers into a legal run: each number picks one of the events that may come next.</summary>
internal sealed class LegalRuns
{
    private static readonly DateTimeOffset Start = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    private readonly SomeRun _some = new(UserId.From("user_1"), ThreadId.From("thread_1"), RunId.From("run_1"));
    private readonly List<ApexEvent> _events = [];
    private readonly List<string> _subagents = [];
    private readonly List<string> _asked = [];
    private readonly List<(string Call, string? Invocation)> _tools = [];
    private int _made;

    public static IReadOnlyList<ApexEvent> From(IReadOnlyList<int> choices) => new LegalRuns().Build(choices);

    /// <summary>As the feed would number them.</summary>
    public static IReadOnlyList<ApexEvent> Number(IEnumerable<ApexEvent> events) =>
        events.Select((apexEvent, index) => apexEvent with
        {
            Seq = index + 1, RunSeq = index + 1, EventId = $"run_1:{index + 1}", Timestamp = Start.AddMilliseconds(100 * index),
        }).ToList();

    private IReadOnlyList<ApexEvent> Build(IReadOnlyList<int> choices)
    {
        _events.Add(_some.Started());
        foreach (var choice in choices)
            AddOne(Math.Abs((long)choice));
        End(choices.Count == 0 ? 0 : Math.Abs((long)choices[^1]));
        return Number(_events);
    }

    private void AddOne(long choice)
    {
        var actor = Pick(_subagents, choice / 16);
        switch (choice % 8)
        {
            case 0 or 1:
                _events.Add(_some.Thinking(invocation: actor));
                break;
            case 2:
                _subagents.Add($"inv-{++_made}");
                _events.Add(_some.SubagentStarted(_subagents[^1]));
                break;
            case 3 or 4:
                _tools.Add(($"call-{++_made}", actor));
                _events.Add(_some.Executing(_tools[^1].Call, invocation: actor));
                break;
            case 5 when _tools.Count > 0:
                CloseTool(_tools[(int)(choice / 16 % _tools.Count)]);
                break;
            case 6 when actor is not null:
                CloseSubagent(actor);
                break;
            case 7 when choice % 3 == 1:
                _events.Add(_some.Asking($"approval-{++_made}", actor));
                _asked.Add($"approval-{_made}");
                break;
            case 7 when choice % 3 == 2 && _asked.Count > 0:
                PauseForDecision(_asked[(int)(choice / 16 % _asked.Count)], choice % 5);
                break;
            case 7 when choice % 3 == 0:
                _events.Add(_some.Recovering());
                // What the dead owner left open is left.
                _tools.Clear();
                _subagents.Clear();
                break;
            default:
                _events.Add(_some.Error(actor));
                break;
        }
    }

    private void PauseForDecision(string approval, long way)
    {
        _asked.Remove(approval);
        if (way > 0)
            _events.Add(_some.Paused());
        _events.Add(_some.Decided(approval, way == 1 ? Decision.Expired : Decision.Approve));
        if (way > 0)
            _events.Add(_some.Resumed());
    }

    private void End(long choice)
    {
        if (choice % 5 == 0)
        {
            if (choice % 3 == 0)
                _events.Add(_some.Paused());
            _events.Add(choice % 2 == 0 ? _some.Failed() : _some.Cancelled());
            return;
        }

        foreach (var subagent in _subagents.ToList())
            CloseSubagent(subagent);
        foreach (var tool in _tools.ToList())
            CloseTool(tool);
        _events.Add(_some.Answered());
    }

    private void CloseSubagent(string invocation)
    {
        foreach (var tool in _tools.Where(tool => tool.Invocation == invocation).ToList())
            CloseTool(tool);
        _subagents.Remove(invocation);
        _events.Add(_some.SubagentCompleted(invocation));
    }

    private void CloseTool((string Call, string? Invocation) tool)
    {
        _tools.Remove(tool);
        _events.Add(_some.Completed(tool.Call, invocation: tool.Invocation));
    }

    /// <summary>One of the list, or null for the supervisor.</summary>
    private static string? Pick(List<string> list, long choice) =>
        choice % (list.Count + 1) is var index && index < list.Count ? list[(int)index] : null;
}
