using System.Text.Json;
using Apex.Agents.Approvals;
using Apex.Agents.Subagents;
using Apex.Protocol.Events;

namespace Apex.Samples.Webhook;

/// <summary>
/// Tells another system what its user wants told. What that is nobody else can know, so it asks; and as the tool has an effect outside,
/// the user approves the very words before they go out. Both may take days: the run waits in the store and costs nothing.
/// </summary>
public sealed class TellAgent : ISubagent
{
    private static readonly Question WhatToTell = new(
        "What shall the others be told?",
        JsonDocument.Parse(
            """
            {"type":"object","additionalProperties":false,"required":["text"],
             "properties":{"text":{"type":"string","title":"Text","minLength":1,"maxLength":4000}}}
            """).RootElement);

    public string Name => "tell";

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        if (!task.Run.Question.Contains("tell the others", StringComparison.OrdinalIgnoreCase))
            return Said("Nobody was to be told.");

        var answer = await work.AskAsync(WhatToTell, cancellationToken);
        if (answer.Answer is not { } said)
            return Said($"Nobody was told. {answer.WhyNot}");

        var posted = await work.CallToolAsync("post_webhook", said, cancellationToken);
        return Said(posted.Status == ToolStatus.Success ? "The others were told." : $"Nobody was told. {posted.Error}");
    }

    private static SubagentFindings Said(string words) => new(words, JsonSerializer.SerializeToElement(new { }));
}
