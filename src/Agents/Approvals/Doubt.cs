using System.Text.Json;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Http;

namespace Apex.Agents.Approvals;

/// <summary>The question left by a crash in the middle of a call that may happen only once.</summary>
internal static class Doubt
{
    private const string Done = "done";
    private const string NotDone = "not_done";
    private const string Again = "again";

    public static JsonElement Schema { get; } = JsonDocument.Parse(
        """
        {"type":"object","additionalProperties":false,"required":["outcome"],"properties":{"outcome":{
          "type":"string","title":"What happened?","enum":["done","not_done","again"],
          "enumNames":["It was done","It was not done; leave it","It was not done; do it now"]}}}
        """).RootElement;

    public static string Words(string tool) =>
        $"The server went down while {tool} was at work, and nothing tells whether it took effect. It may not be done twice: please look, and say.";

    /// <returns>Null: to be done now.</returns>
    public static ToolReceipt? Outcome(string tool, ApprovalDecision decision)
    {
        var outcome = decision is { Decision: Decision.Answer, Arguments: { } answer } && answer.TryGetProperty("outcome", out var said)
            ? said.GetString()
            : null;
        return outcome switch
        {
            Again => null,
            Done => new ToolReceipt(ToolStatus.Success, JsonDocument.Parse("""{"confirmed_by":"user"}""").RootElement, null),
            NotDone => ToolReceipt.Failed($"{tool} was not done: the server went down before, and its user left it at that."),
            _ => ToolReceipt.Failed(
                $"The server went down while {tool} was at work, and nothing tells whether it took effect. It may not be done twice, "
                + "so it was not repeated: look whether it was done, and ask again if not."),
        };
    }
}
