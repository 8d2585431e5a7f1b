using Apex.Protocol.Events;

namespace Apex.Server.Alerts;

/// <summary>What a rule saw when it looked.</summary>
/// <param name="State">In a sentence, for the list of rules.</param>
/// <param name="Findings">What is worth speaking up about; each is said once, however often it is found.</param>
internal sealed record RuleOutcome(string State, IReadOnlyList<RuleFinding> Findings);

/// <param name="About">Names the occasion: equal ones are the same.</param>
internal sealed record RuleFinding(string About, string Title, string Body, BroadcastSeverity Severity, string? ReportId = null);
