using System.Globalization;
using System.Text.Json;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Tests.Connections;
using Apex.Testing;

namespace Apex.Server.Tests.Runs;

/// <summary>A question asked over a socket, and everything that socket then heard of its run.</summary>
internal sealed class HeardRun
{
    private readonly Dictionary<string, JsonElement> _results = [];

    private HeardRun(IReadOnlyList<JsonElement> events) => Events = events;

    public IReadOnlyList<JsonElement> Events { get; }

    /// <summary>Names of the sub-agents in the order of their ends.</summary>
    public IEnumerable<string> Agents => Events.Where(said => said.Type() == "subagent_completed").Select(said => said.Text("agent_name"));

    /// <summary>Tools that answered, whoever called them.</summary>
    public IReadOnlyCollection<string> Tools =>
        [.. Events.Where(said => said.Type() == "tool_completed" && said.Text("status") == "success").Select(said => said.Text("tool_name"))];

    /// <summary>The report of the run.</summary>
    public JsonElement Report => Events[^1].GetProperty("result");

    public string Markdown => Report.Text("markdown");

    /// <summary>Asks as a user's device does: one message, then it only listens.</summary>
    public static async Task<HeardRun> AskAsync(ApexTestServer server, TokenReply tokens, string question)
    {
        await using var socket = await WireClient.OpenAsync(server.Address, tokens.AccessToken);
        await socket.SendAsync(new Resume());
        await socket.ReceiveUntilAsync("caught_up");
        await socket.SendAsync(new UserMessage(new UserMessagePayload { Content = question }, MessageId.New().Value));
        var events = new List<JsonElement>();
        do
        {
            var frame = await socket.ReceiveAsync();
            if (frame.TryGetProperty("run_seq", out _))
                events.Add(frame);
        }
        while (events is [] || events[^1].Type() is not ("agent_completed" or "run_failed" or "run_cancelled"));
        Assert.True(events[^1].Type() == "agent_completed", events[^1].GetRawText());
        var heard = new HeardRun(events);
        await heard.FetchAsync(server, tokens);
        return heard;
    }

    public JsonElement EndOf(string agent) => Events.Single(said => said.Type() == "subagent_completed" && said.Text("agent_name") == agent);

    /// <summary>Tools that the sub-agent called and that answered, with their envelopes.</summary>
    public IReadOnlyList<(string Tool, JsonElement Envelope)> AnswersTo(string agent)
    {
        var invocation = EndOf(agent).GetProperty("context").Text("invocation_id");
        return
        [
            .. Events.Where(said => said.Type() == "tool_completed" && said.GetProperty("context").Text("invocation_id") == invocation && said.Text("status") == "success")
                .Select(said => (said.Text("tool_name"), _results[said.Text("tool_call_id")])),
        ];
    }

    /// <summary>What stands where a figure of the report says that it comes from.</summary>
    /// <param name="pointer">RFC 6901.</param>
    public JsonElement At(string toolCallId, string pointer)
    {
        var at = _results[toolCallId];
        foreach (var part in pointer.Split('/').Skip(1))
        {
            var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            at = at.ValueKind == JsonValueKind.Array ? at[int.Parse(name, CultureInfo.InvariantCulture)] : at.GetProperty(name);
        }

        return at;
    }

    private async Task FetchAsync(ApexTestServer server, TokenReply tokens)
    {
        using var user = server.As(tokens);
        foreach (var end in Events.Where(said => said.Type() == "tool_completed" && said.Text("status") == "success"))
        {
            if (end.TryGetProperty("result", out var whole))
                _results[end.Text("tool_call_id")] = whole;
            else
                _results[end.Text("tool_call_id")] = JsonDocument.Parse(
                    await user.GetStringAsync(end.GetProperty("result_ref").Text("url")).Within()).RootElement;
        }
    }
}
