using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Http;

namespace Apex.Agents.Approvals;

/// <summary>
/// Which tool calls need their user's approval. The first rule that fits a call decides; a call that no rule fits is asked about when it
/// changes something that cannot be done again unnoticed (<see cref="ToolEffect.Keyed"/>, <see cref="ToolEffect.Once"/>).
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed class ApprovalPolicy
{
    /// <summary>Most rules.</summary>
    public const int MaxRules = 100;

    public IReadOnlyList<ApprovalRule> Rules { get; set; } = [];

    /// <summary>How long an approval or a question stays open; then it counts as rejected. 1 s to 30 days, default a day.</summary>
    public TimeSpan ExpiresAfter { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Reads the JSON form: <c>{"expires_after": "1.00:00:00", "rules": [{"tool": "post_*", "ask": false}]}</c>.</summary>
    /// <exception cref="FormatException">It is no such JSON, or a value in it is out of its range; the message says where.</exception>
    public static ApprovalPolicy Parse(string json)
    {
        try
        {
            var policy = JsonSerializer.Deserialize(json, AgentsJson.Default.ApprovalPolicy) ?? new ApprovalPolicy();
            return policy.Faults().FirstOrDefault() is { } fault ? throw new FormatException(fault) : policy;
        }
        catch (JsonException e)
        {
            throw new FormatException($"{e.Path ?? "$"}: {e.Message}", e);
        }
    }

    /// <summary>Each value that is out of its range, in a sentence.</summary>
    public IEnumerable<string> Faults()
    {
        if (ExpiresAfter < TimeSpan.FromSeconds(1) || ExpiresAfter > TimeSpan.FromDays(30))
            yield return $"approvals: expires_after is {ExpiresAfter}; it needs 1 second to 30 days.";
        if (Rules.Count > MaxRules)
            yield return $"approvals: there are {Rules.Count} rules; at most {MaxRules} are read.";
        foreach (var (rule, index) in Rules.Select((rule, index) => (rule, index)))
        {
            if (rule.Argument is null && (rule.Above ?? rule.Below) is not null | rule.Is is not null)
                yield return $"approvals: rule {index + 1} compares an argument but does not name it; set argument, for instance /amount.";
            if (rule.Argument is { } pointer && !pointer.StartsWith('/'))
                yield return $"approvals: rule {index + 1} names the argument '{pointer}'; write it as a path, for instance /{pointer}.";
        }
    }

    /// <summary>Why the user must be asked before this call, in a sentence; null when he need not.</summary>
    internal string? WhyAsk(ToolDescription tool, JsonElement arguments, Tier tier)
    {
        foreach (var rule in Rules)
            if (rule.Fits(tool, arguments, tier))
                return rule.Ask ? rule.Reason ?? rule.Words(tool, arguments) : null;
        return tool.Effect switch
        {
            ToolEffect.Keyed => $"{tool.Name} changes something outside of Apex.",
            ToolEffect.Once => $"{tool.Name} changes something outside of Apex and cannot be repeated safely.",
            _ => null,
        };
    }
}
