using System.Text.Json;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol.Events;

namespace Apex.Server.CrashHost;

/// <summary>Works before the report and has two effects outside: one that is keyed and one that may happen only once.</summary>
internal sealed class Notifier : ISubagent
{
    public string Name => "notifier";

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        var text = JsonSerializer.SerializeToElement(new { text = task.Run.Run.Value });
        await work.CallToolAsync("post_webhook", text, cancellationToken);
        var signed = await work.CallToolAsync("sign", text, cancellationToken);
        return new SubagentFindings(signed.Error ?? "Told and signed.", JsonSerializer.SerializeToElement(new { signed = signed.Status.ToString() }));
    }
}

/// <summary>Adds a line to a file, whoever asks and however often: what may happen only once is for others to see to.</summary>
internal sealed class SignTool(string path) : IAgentTool
{
    private readonly Lock mutex = new();

    public ToolDescription Description { get; } =
        new("sign", "Signs for the run.", JsonDocument.Parse("""{"type":"object"}""").RootElement, ToolEffect.Once, TimeSpan.FromMinutes(5));

    public Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
    {
        lock (mutex)
            File.AppendAllText(path, invocation.Run.Run.Value + "\n");
        return Task.FromResult(JsonSerializer.SerializeToElement(new { signed = true }));
    }
}

/// <summary>A tool with a crash point on either side of its effect.</summary>
internal sealed class PausingTool(IAgentTool tool, CrashPoints points) : IAgentTool
{
    public ToolDescription Description { get; } = tool.Description with { Timeout = TimeSpan.FromMinutes(5) };

    public async Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
    {
        await points.ReachAsync(invocation.Run.Run, "before-" + Description.Name);
        var answer = await tool.InvokeAsync(invocation, cancellationToken);
        await points.ReachAsync(invocation.Run.Run, "after-" + Description.Name);
        return answer;
    }
}
