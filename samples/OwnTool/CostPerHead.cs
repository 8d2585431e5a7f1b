using System.Text.Json;
using Apex.Agents.Tools;
using Apex.Protocol.Events;

namespace Apex.Samples.OwnTool;

/// <summary>
/// A tool of one's own: divides what each user group costs by its people. It takes the result of another tool and computes; a figure
/// in an answer must stand in some tool's result, so what is to be said is computed here and not where it is said.
/// </summary>
public sealed class CostPerHead(Headcount people) : IAgentTool
{
    public ToolDescription Description { get; } = new(
        "cost_per_head",
        "Divides what each user costs by the people who share that name.",
        JsonDocument.Parse(
            """
            {"type":"object","additionalProperties":false,"required":["breakdown"],
             "properties":{"breakdown":{"type":"object","description":"A result of cost_breakdown by user."}}}
            """).RootElement,
        ToolEffect.Pure,
        Timeout: TimeSpan.FromSeconds(5));

    public Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
    {
        var rows = invocation.Arguments.GetProperty("breakdown").GetProperty("result").GetProperty("rows");
        var heads =
            from row in rows.EnumerateArray()
            let name = row.GetProperty("keys").GetProperty("user").GetString()
            where name is not null && people.ByName.ContainsKey(name) && row.GetProperty("cost_usd").ValueKind == JsonValueKind.Number
            select new Head(name, people.ByName[name], row.GetProperty("cost_usd").GetDouble() / people.ByName[name]);
        var ranked = heads.OrderByDescending(head => head.CostPerHeadUsd).ToArray();
        return ranked.Length == 0
            ? throw new ToolFailedException("No name in the breakdown has a head count.")
            : Task.FromResult(JsonSerializer.SerializeToElement(new { rows = ranked }, JsonSerializerOptions.Web));
    }

    private sealed record Head(string User, int People, double CostPerHeadUsd);
}

/// <param name="ByName">People behind each name of the usage log, at least 1.</param>
public sealed record Headcount(IReadOnlyDictionary<string, int> ByName);
