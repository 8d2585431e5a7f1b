using System.Text.Json;

namespace Apex.Usage.Tools.RankActions;

/// <summary>Figures of an envelope given as JSON. Missing figures read as absent: envelopes of other versions may lack some.</summary>
internal sealed class EnvelopeReader(JsonElement envelope)
{
    public string Tool { get; } = Text(envelope, "tool") ?? "";

    public string? QueryId { get; } = envelope.TryGetProperty("evidence", out var evidence) ? Text(evidence, "query_id") : null;

    /// <summary>D where the envelope has none: what is not graded is an indication.</summary>
    public Grade Grade { get; } = Enum.TryParse<Grade>(Text(envelope, "grade"), out var grade) ? grade : Grade.D;

    public JsonElement? At(string pointer)
    {
        if (!envelope.TryGetProperty("result", out var element))
            return null;
        foreach (var part in pointer.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(part, out var next))
                return null;
            element = next;
        }

        return element.ValueKind == JsonValueKind.Null ? null : element;
    }

    public decimal Usd(string pointer) => At(pointer) is { ValueKind: JsonValueKind.Number } value && value.TryGetDecimal(out var usd) ? usd : 0;

    public long Count(string pointer) => At(pointer) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var count) ? count : 0;

    public string? Text(string pointer) => At(pointer) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>Whether the tool was asked with this argument, rather than left to its default.</summary>
    public bool HasArgument(string name) => envelope.TryGetProperty("args", out var args) && args.ValueKind == JsonValueKind.Object
        && args.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined);

    /// <summary>A text the tool was asked with.</summary>
    public string? Argument(string name) => HasArgument(name) ? Text(envelope.GetProperty("args"), name) : null;

    public IEnumerable<JsonElement> List(string pointer) =>
        At(pointer) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>Lower end of the figure's 95 % interval, when the envelope tells one.</summary>
    public decimal? LowEnd(string pointer) =>
        envelope.TryGetProperty("ci95", out var intervals) && intervals.ValueKind == JsonValueKind.Object
        && intervals.TryGetProperty(pointer, out var interval) && interval.TryGetProperty("low", out var low)
        && low.ValueKind == JsonValueKind.Number && low.TryGetDecimal(out var usd) ? usd : null;

    public ActionEvidence Evidence(string pointer) => new(Tool, "/result" + pointer, QueryId);

    public static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    public static decimal Usd(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetDecimal(out var usd) ? usd : 0;

    public static IEnumerable<JsonElement> List(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : [];

    /// <summary>A group's value of a dimension: beside its figures, or under <c>keys</c>.</summary>
    public static string? Key(JsonElement group, string dimension) =>
        Text(group, dimension) ?? (group.TryGetProperty("keys", out var keys) ? Text(keys, dimension) : null);
}
