using System.Text.Json;
using Apex.Protocol.Events;

namespace Apex.Agents.Conversing;

/// <summary>What came of asking the models: the findings of the conversation, which the report takes its words from.</summary>
/// <param name="Text">Markdown of which every number was found in a result; null when no model gave an answer that holds.</param>
/// <param name="Model">Who wrote it.</param>
/// <param name="Notes">Why a model, or every model, did not answer, and what was left out of an answer; sentences without digits but in names.</param>
/// <param name="Usage">Of all calls of this run, failed ones too.</param>
/// <param name="InsteadOf">The model that was asked first, when another one, or none, wrote it.</param>
internal sealed record ModelAnswer(string? Text, string? Model, IReadOnlyList<string> Notes, ModelUsage Usage, string? InsteadOf = null)
{
    /// <summary>Null when the content is no answer of a model.</summary>
    public static ModelAnswer? Read(JsonElement content)
    {
        if (content.ValueKind != JsonValueKind.Object || !content.TryGetProperty("usage", out _))
            return null;
        try
        {
            return content.Deserialize(AgentsJson.Default.ModelAnswer);
        }
        catch (JsonException)
        {
            // Somebody replaced the conversation by a sub-agent of their own.
            return null;
        }
    }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, AgentsJson.Default.ModelAnswer);
}
