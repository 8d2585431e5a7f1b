using System.Text.Json.Serialization;

namespace Apex.Protocol.Events;

/// <summary>An administrator's word to many users; each has it in the feed once, absent ones find it at their return.</summary>
public sealed record Broadcast(
    string BroadcastId, string Title, string Body, BroadcastSeverity Severity, BroadcastAudience Audience) : ApexEvent;

/// <param name="Value">A tier's word, an organisation's or a user's id; null for all.</param>
public sealed record BroadcastAudience(AudienceKind Kind, string? Value = null)
{
    public static readonly BroadcastAudience Everybody = new(AudienceKind.All);
}

[JsonConverter(typeof(SnakeCaseEnumConverter<AudienceKind>))]
public enum AudienceKind
{
    All,
    Tier,
    Organisation,
    User,
}

[JsonConverter(typeof(SnakeCaseEnumConverter<BroadcastSeverity>))]
public enum BroadcastSeverity
{
    Info,
    Warning,
    Critical,
}
