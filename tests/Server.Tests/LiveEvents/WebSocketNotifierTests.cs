using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Runs;

namespace Apex.Server.Tests.LiveEvents;

/// <summary>
/// WebSocket notifier: progress, urgency, remaining time, tool purpose, category, duration class, cleaned parameters, errors with
/// severity, friendly sentence, suggestions and retry delay, as the frames hold them.
/// </summary>
public sealed class WebSocketNotifierTests
{
    private static readonly string[] Urgencies = ["low_priority", "medium_priority", "high_priority"];

    [Fact]
    public async Task Every_payload_holds_what_a_device_shows()
    {
        await using var server = await RunServer.StartAsync(new ScriptedSupervisor((context, _, _) => TellAsync(context)));
        await using var device = await WireClient.OpenAsync(server.Address, (await server.RegisterAsync()).AccessToken);
        await device.SendAsync(new Resume());
        await device.SendAsync(new UserMessage(new UserMessagePayload { Content = "Tell all" }, "m1"));

        for (var i = 0; i < 3; i++)
        {
            var thinking = await device.ReceiveUntilAsync("agent_thinking");
            Assert.Equal(thinking.Text("thought"), thinking.Text("reasoning"));
            Assert.Equal(i * 50, thinking.GetProperty("progress_percentage").GetDouble());
            Assert.Equal(Urgencies[i], thinking.Text("urgency"));
            Assert.Equal("telling", thinking.Text("current_operation"));
        }

        var tool = await device.ReceiveUntilAsync("tool_executing");
        Assert.Equal(
            ("export_report", "to show", "data_export", "medium", "keyed"),
            (tool.Text("tool_name"), tool.Text("tool_purpose"), tool.Text("category"), tool.Text("expected_duration"), tool.Text("effect")));
        Assert.Equal(4_000, tool.GetProperty("estimated_duration_ms").GetInt64());
        var parameters = tool.GetProperty("parameters");
        Assert.Equal("[REDACTED]", parameters.Text("api_key"));
        Assert.Equal("[path]/report.csv", parameters.Text("file"));
        Assert.InRange(parameters.Text("words").Length, 200, 300);
        Assert.DoesNotContain("sk-very-secret", tool.GetRawText(), StringComparison.Ordinal);

        var completed = await device.ReceiveUntilAsync("tool_completed");
        Assert.Equal(("success", 5), (completed.Text("status"), completed.GetProperty("duration_ms").GetInt64()));
        var error = await device.ReceiveUntilAsync("agent_error");
        Assert.Equal(("timeout", "high", "It took too long."), (error.Text("error_type"), error.Text("severity"), error.Text("user_friendly_message")));
        Assert.Equal(3, error.GetProperty("recovery_suggestions").GetArrayLength());
        Assert.Equal(2_000, error.GetProperty("estimated_retry_delay_ms").GetInt64());
        var answer = await device.ReceiveUntilAsync("agent_completed");
        Assert.Equal(("Told", "Told", "completed"), (answer.Text("final_response"), answer.Text("summary"), answer.Text("status")));
    }

    private static async IAsyncEnumerable<AgentOutput> TellAsync(RunContext context)
    {
        yield return ScriptedSupervisor.Started(context);
        long[] remaining = [20_000, 8_000, 1_000];
        for (var i = 0; i < 3; i++)
        {
            yield return new AgentOutput.Said(new AgentThinking($"Thought {i}", i + 1, 3, i * 50, remaining[i], "telling") { AgentName = "Supervisor" });
            await Task.Yield();
        }

        var parameters = JsonSerializer.SerializeToElement(
            new { api_key = "sk-very-secret", file = "/home/somebody/report.csv", words = new string('w', 1_000) });
        yield return new AgentOutput.Said(new ToolExecuting(
            "export_report", "call-1", "to show", parameters, ToolCategory.DataExport, DurationClass.Medium, 4_000, ToolEffect.Keyed)
        {
            AgentName = "Supervisor",
        });
        yield return ScriptedSupervisor.Answers("call-1", JsonSerializer.SerializeToElement(new { rows = 3 }), "export_report");
        yield return new AgentOutput.Said(new AgentError(
            "timeout", "timed out after 30 s", "It took too long.", ErrorSeverity.High, true, ["Ask again.", "Ask for less.", "Ask later."], 2_000, "S-1")
        {
            AgentName = "Supervisor",
        });
        yield return ScriptedSupervisor.Completed(context, "Told");
    }
}
