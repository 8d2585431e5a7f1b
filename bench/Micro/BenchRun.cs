using System.Text.Json;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;

namespace Apex.Bench.Micro;

/// <summary>Events of the size and mix of a real run: about 600 bytes each on the wire.</summary>
internal sealed class BenchRun(UserId user)
{
    private static readonly JsonElement Parameters = JsonSerializer.SerializeToElement(
        new { from = "2026-01-01", to = "2026-02-01", group_by = new[] { "model", "team" }, limit = 20 });

    private readonly ThreadId _thread = ThreadId.New();
    private readonly RunId _id = RunId.New();

    public FeedAppend Start() => Append(new AgentStarted("Where does our money go?"));

    public FeedAppend Thinking(int step) => Append(new AgentThinking(
        $"Comparing the cost of this month with the month before, step {step}, and looking for what changed most by model and team.",
        step,
        20,
        50,
        4_000,
        "data"));

    public FeedAppend Tool(int call) => Append(
        new ToolExecuting(
            "cost_over_time", $"call-{call}", "See how the cost moved", Parameters, ToolCategory.General, DurationClass.Medium, 400,
            ToolEffect.Pure),
        new ToolCompleted("cost_over_time", $"call-{call}", ToolStatus.Success, 37, Parameters));

    private FeedAppend Append(params ApexEvent[] events) => new()
    {
        User = user,
        Run = _id,
        Events = Array.ConvertAll(events, apexEvent => apexEvent with
        {
            ThreadId = _thread,
            RunId = _id,
            AgentName = "supervisor",
            Context = new EventContext(
                user, _thread, _id, "req_0198f2c1", "inv_supervisor", null, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        }),
    };
}
