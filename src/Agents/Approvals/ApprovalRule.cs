using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Agents.Figures;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Http;

namespace Apex.Agents.Approvals;

/// <summary>One rule of an <see cref="ApprovalPolicy"/>: fits a call when all that is set here does.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ApprovalRule
{
    /// <summary>Whether calls that fit need approval; false lets them pass.</summary>
    public bool Ask { get; set; } = true;

    /// <summary>Calls that fit are refused, whoever would approve them: the agents are told so and go on without.</summary>
    public bool Deny { get; init; }

    /// <summary>Name of the tool, <c>*</c> for any characters; null: every tool.</summary>
    public string? Tool { get; init; }

    /// <summary>Null: every effect.</summary>
    public IReadOnlyList<ToolEffect>? Effects { get; init; }

    /// <summary>Null: users of every tier.</summary>
    public IReadOnlyList<Tier>? Tiers { get; init; }

    /// <summary>What the run's user may do at most, for instance <c>user</c>: fits neither developers nor administrators then. Null: everybody.</summary>
    public IReadOnlyList<UserRole>? Roles { get; init; }

    /// <summary>JSON pointer of an argument, for instance <c>/amount</c>; fits only calls that have it.</summary>
    public string? Argument { get; init; }

    /// <summary>The argument is a number above this.</summary>
    public decimal? Above { get; init; }

    /// <summary>The argument is a number below this.</summary>
    public decimal? Below { get; init; }

    /// <summary>The argument is this text, number or truth value.</summary>
    public string? Is { get; init; }

    /// <summary>The call is estimated to cost more than this, in US dollars.</summary>
    public decimal? CostAboveUsd { get; init; }

    /// <summary>Said to the user; null: made from the rule.</summary>
    public string? Reason { get; init; }

    /// <summary>What it says of a tool and its user holds for every call of it.</summary>
    internal bool FitsEvery => Argument is null && CostAboveUsd is null;

    internal bool Fits(ToolDescription tool, Tier tier, UserRole role) =>
        (Tool is null || Matches(Tool, tool.Name))
        && (Effects is null || Effects.Contains(tool.Effect))
        && (Tiers is null || Tiers.Contains(tier))
        && (Roles is null || Roles.Contains(role));

    internal bool Fits(ToolDescription tool, JsonElement arguments, Tier tier, UserRole role) =>
        Fits(tool, tier, role)
        && (Argument is null || FitsArgument(arguments))
        && (CostAboveUsd is null || tool.EstimateCostUsd?.Invoke(arguments) > CostAboveUsd);

    internal string Words(ToolDescription tool, JsonElement arguments, Tier tier, UserRole role)
    {
        if (Deny)
        {
            var like = FitsEvery ? "" : "with such arguments ";
            return $"{tool.Name} was not called: {like}it is closed to {Whom(tier, role)} (setting approvals).";
        }

        if (CostAboveUsd is { } cost)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{tool.Name} would cost about ${tool.EstimateCostUsd?.Invoke(arguments):0.##}; above ${cost:0.##} you are asked.");
        }

        return Argument is { } pointer
            ? $"{tool.Name} is called with {pointer.TrimStart('/')} {JsonPointer.Find(arguments, pointer)}; you are asked about that."
            : $"You are asked before {tool.Name} is called.";
    }

    private string Whom(Tier tier, UserRole role) =>
        Tiers is null && Roles is null ? "everybody"
        : Roles is null ? $"users of tier {tier.ToString().ToLowerInvariant()}"
        : $"accounts of role {role.ToString().ToLowerInvariant()}{(Tiers is null ? "" : $" in tier {tier.ToString().ToLowerInvariant()}")}";

    private bool FitsArgument(JsonElement arguments)
    {
        if (JsonPointer.Find(arguments, Argument!) is not { } value)
            return false;
        var number = value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var read) ? read : (decimal?)null;
        return (Above is null || number > Above) && (Below is null || number < Below)
            && (Is is null || string.Equals(value.ToString(), Is, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Star stands for any characters, none too.</summary>
    private static bool Matches(string pattern, string name) =>
        System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern.Replace(@"\", @"\\", StringComparison.Ordinal), name, ignoreCase: false);
}
