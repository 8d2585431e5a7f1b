using System.Globalization;
using System.Text.Json;
using Apex.Agents.Subagents;

namespace Apex.Samples.OwnTool;

/// <summary>
/// A sub-agent of one's own: works just before the report, calls a built-in tool and one's own, and adds a section to the answer. It
/// shows up in the stream like the built-in ones.
/// </summary>
public sealed class HeadAgent : ISubagent
{
    public string Name => "per_head";

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        await work.ThinkAsync("Dividing what each user costs by the people behind the name.", "dividing", cancellationToken);
        var breakdown = await work.CallToolAsync("cost_breakdown", Json("""{"group_by":["user"]}"""), cancellationToken);
        // A failed call is a value: the answer goes on without this section.
        if (breakdown.Result is null)
            return Nothing(breakdown.Error);

        // The reference is what the event and the ledger keep; the tool gets the result itself.
        var arguments = Json($$"""{"breakdown":{{ResultReference.To(breakdown.ToolCallId).ToJsonString()}}}""");
        var divided = await work.CallToolAsync("cost_per_head", arguments, cancellationToken);
        if (divided.Result is not { } result)
            return Nothing(divided.Error);

        var dearest = result.GetProperty("rows")[0];
        var cost = dearest.GetProperty("costPerHeadUsd").GetDouble().ToString("0.00", CultureInfo.InvariantCulture);
        return new SubagentFindings($"Dearest per head is {dearest.GetProperty("user").GetString()}: ${cost} each.", Json("{}"));
    }

    private static SubagentFindings Nothing(string? error) => new($"No cost per head: {error}", Json("{}"));

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
