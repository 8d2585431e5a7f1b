using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Http;

namespace Apex.Agents.Approvals;

/// <summary>
/// Which tool calls need their user's approval, and which he may not have made at all. The first rule that fits a call decides; a call that
/// no rule fits is asked about when it changes something that cannot be done again unnoticed (<see cref="ToolEffect.Keyed"/>, <see cref="ToolEffect.Once"/>).
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
            if (rule is { Deny: true, Ask: false })
                yield return $"approvals: rule {index + 1} lets its calls pass and refuses them; set ask or deny, not both.";
            if (rule.Argument is { } pointer && !pointer.StartsWith('/'))
                yield return $"approvals: rule {index + 1} names the argument '{pointer}'; write it as a path, for instance /{pointer}.";
        }
    }

    /// <returns>Null where the call may be made unasked.</returns>
    internal Objection? Judge(ToolDescription tool, JsonElement arguments, Tier tier, UserRole role)
    {
        foreach (var rule in Rules)
            if (rule.Fits(tool, arguments, tier, role))
                return rule.Ask ? new Objection(rule.Deny, rule.Reason ?? rule.Words(tool, arguments, tier, role)) : null;
        return tool.Effect switch
        {
            ToolEffect.Keyed => new Objection(false, $"{tool.Name} changes something outside of Apex."),
            ToolEffect.Once => new Objection(false, $"{tool.Name} changes something outside of Apex and cannot be repeated safely."),
            _ => null,
        };
    }

    /// <summary>Whether no call of the tool can pass, whatever its arguments: who chooses tools need not be shown it.</summary>
    internal bool IsClosed(ToolDescription tool, Tier tier, UserRole role)
    {
        foreach (var rule in Rules.Where(rule => rule.Fits(tool, tier, role)))
        {
            if (rule.FitsEvery)
                return rule.Deny;
            // Some calls may pass by this one.
            if (!rule.Deny)
                return false;
        }

        return false;
    }

    /// <summary>Why a call is not simply made.</summary>
    /// <param name="Denies">It may not be made; false: its user is asked.</param>
    /// <param name="Why">In a sentence.</param>
    internal sealed record Objection(bool Denies, string Why);
}
