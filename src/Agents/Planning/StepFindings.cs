using System.Text.Json;
using Apex.Protocol.Events;

namespace Apex.Agents.Planning;

/// <summary>What a working sub-agent hands on: which call plays which part. Figures stay in the envelopes.</summary>
/// <param name="Notes">Sentences for the report, without figures.</param>
internal sealed record StepFindings(IReadOnlyList<RoleCall> Calls, IReadOnlyList<string> Notes)
{
    public static StepFindings Read(JsonElement content)
    {
        if (content.ValueKind != JsonValueKind.Object || !content.TryGetProperty("calls", out _))
            return new StepFindings([], []);
        try
        {
            var read = content.Deserialize(AgentsJson.Default.StepFindings);
            return new StepFindings(read?.Calls ?? [], read?.Notes ?? []);
        }
        catch (JsonException)
        {
            // A replaced sub-agent with a shape of its own; its calls are still among the run's.
            return new StepFindings([], []);
        }
    }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, AgentsJson.Default.StepFindings);
}

internal sealed record RoleCall(string Role, string Tool, string ToolCallId, ToolStatus Status, string? Error = null);
