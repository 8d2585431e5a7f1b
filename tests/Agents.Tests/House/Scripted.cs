using System.Text.Json;
using Apex.Agents.Planning;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol.Events;

namespace Apex.Agents.Tests.House;

/// <summary>A sub-agent that does what its test says.</summary>
internal sealed class ScriptedSubagent(
    string name, Func<SubagentTask, ISubagentWork, CancellationToken, Task<SubagentFindings>> script) : ISubagent
{
    public string Name => name;

    public int Calls { get; private set; }

    public Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        Calls++;
        return script(task, work, cancellationToken);
    }

    /// <summary>Calls tools at the same time and tells how each ended.</summary>
    public static ScriptedSubagent Calling(string name, params string[] tools) => new(name, async (_, work, cancellationToken) =>
    {
        var results = await work.CallToolsAsync([.. tools.Select(tool => (tool, Json.Of("{}")))], cancellationToken);
        return new SubagentFindings(string.Join(", ", results.Select(result => $"{result.ToolName} {result.Status}")), Json.Of("{}"));
    });

    public static ScriptedSubagent Saying(string name, string summary = "done") =>
        new(name, (_, _, _) => Task.FromResult(new SubagentFindings(summary, Json.Of("{}"))));

    /// <summary>A triage that finds this much of the data; the log it tells of does not exist.</summary>
    public static ScriptedSubagent Triage(double completeness = 1) => new(SubagentNames.Triage, (_, _, _) =>
    {
        var verdict = new TriageVerdict(
            "spend", "normal", new Plan([Intent.Spend], PlanSlots.None), completeness, [],
            new LogSummary(10, 10, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(9)), [], []);
        return Task.FromResult(new SubagentFindings("understood", verdict.ToJson()));
    });
}

/// <summary>A tool that does what its test says.</summary>
internal sealed class ScriptedTool(
    string name, Func<ToolInvocation, CancellationToken, Task<JsonElement>> script, TimeSpan? timeout = null, string schema = """{"type":"object"}""",
    ToolEffect effect = ToolEffect.Pure)
    : IAgentTool
{
    private int _calls;

    public int Calls => _calls;

    public ToolDescription Description { get; } =
        new(name, $"Does {name}.", Json.Of(schema), effect, timeout ?? TimeSpan.FromSeconds(10));

    public Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        return script(invocation, cancellationToken);
    }

    public static ScriptedTool Answering(string name, string json = """{"answer":42}""") => new(name, (_, _) => Task.FromResult(Json.Of(json)));

    /// <summary>Never answers and does not listen to its token.</summary>
    public static ScriptedTool Deaf(string name, TimeSpan? timeout = null) =>
        new(name, (_, _) => new TaskCompletionSource<JsonElement>().Task, timeout);
}

internal static class Json
{
    public static JsonElement Of(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
