using System.Text.Json;

namespace Apex.Agents.Approvals;

/// <summary>Something only the user can tell.</summary>
/// <param name="Text">Shown above the form; 1 to 2,000 characters.</param>
/// <param name="Schema">JSON Schema of the answer, an object with properties: a form is made of it and the answer is checked by it.</param>
public sealed record Question(string Text, JsonElement Schema)
{
    public const int MaxTextCharacters = 2_000;
    public const int MaxSchemaBytes = 16 * 1_024;

    internal string? Fault()
    {
        if (Text is not { Length: > 0 and <= MaxTextCharacters })
            return $"A question needs 1 to {MaxTextCharacters:N0} characters, not {Text?.Length ?? 0:N0}.";
        if (Schema.ValueKind != JsonValueKind.Object || !Schema.TryGetProperty("properties", out var form) || form.ValueKind != JsonValueKind.Object)
            return "The schema of a question must describe an object with properties.";
        var bytes = System.Text.Encoding.UTF8.GetByteCount(Schema.GetRawText());
        return bytes > MaxSchemaBytes ? $"The schema of a question has {bytes:N0} bytes; at most {MaxSchemaBytes:N0} are asked with." : null;
    }
}

/// <param name="Answer">Satisfies the question's schema; null when there is none.</param>
/// <param name="WhyNot">Why there is no answer, in a safe sentence: declined, expired, or the time of the step was over.</param>
public sealed record QuestionAnswer(JsonElement? Answer, string? WhyNot = null);
