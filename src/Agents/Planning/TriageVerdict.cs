using System.Text.Json;
using System.Text.Json.Serialization;

namespace Apex.Agents.Planning;

/// <summary>What triage found: how the question was understood and how much of what it needs the log holds. Stored with the reply.</summary>
/// <param name="Category">The first intent, for people and dashboards.</param>
/// <param name="Completeness">Share of the needed data that is there, 0 to 1.</param>
/// <param name="Refusal">Why the question is not worked on; null when it is.</param>
/// <param name="Calls">The calls that judged whether the data suffices.</param>
/// <param name="Unavailable">Numbers of analyses the question calls for that this version does not have.</param>
internal sealed record TriageVerdict(
    string Category,
    string Priority,
    Plan? Plan,
    double Completeness,
    IReadOnlyList<string> NextAgents,
    LogSummary? Log,
    IReadOnlyList<RoleCall> Calls,
    IReadOnlyList<string> Unavailable,
    string? Refusal = null)
{
    /// <summary>What was being imported when the question was asked: the log was not whole then.</summary>
    public IReadOnlyList<ImportUnderWay> Imports { get; init; } = [];

    /// <summary>False when the question was refused, or asks for help only: nothing is computed then.</summary>
    [JsonIgnore]
    public bool Answerable => Refusal is null && Plan is not { Intents: [Intent.Help] };

    /// <summary>Null when the content is no verdict: a replaced triage may have a shape of its own.</summary>
    public static TriageVerdict? Read(JsonElement content)
    {
        if (content.ValueKind != JsonValueKind.Object || !content.TryGetProperty("completeness", out _))
            return null;
        try
        {
            return content.Deserialize(AgentsJson.Default.TriageVerdict);
        }
        catch (JsonException)
        {
            // Stored by another version, or by somebody else's triage: the question then stands alone.
            return null;
        }
    }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, AgentsJson.Default.TriageVerdict);
}

/// <param name="RowsInScope">Rows of the period and filters asked for.</param>
/// <param name="HoldsGenerated">Demonstration rows are among them, which every answer says.</param>
internal sealed record LogSummary(
    long Rows, long RowsInScope, DateTimeOffset First, DateTimeOffset Last, bool HoldsGenerated = false);
