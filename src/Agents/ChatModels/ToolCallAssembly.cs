using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Apex.Agents.ChatModels;

/// <summary>Puts tool calls together from the pieces in which a reply streams them.</summary>
internal sealed class ToolCallAssembly
{
    private const int MaxCalls = 32;
    private const int MaxArgumentCharacters = 256 * 1024;

    private readonly SortedDictionary<int, Part> _parts = [];

    /// <exception cref="ModelFaultException">The model asks for more than any reply may.</exception>
    public void Add(int index, string? id, string? name, string? arguments)
    {
        if (!_parts.TryGetValue(index, out var part))
            _parts[index] = part = _parts.Count < MaxCalls ? new Part() : throw new ModelFaultException(ModelFaultKind.Unreadable);
        part.Id ??= string.IsNullOrEmpty(id) ? null : id;
        part.Name.Append(name);
        part.Arguments.Append(arguments);
        if (part.Arguments.Length > MaxArgumentCharacters || part.Name.Length > 200)
            throw new ModelFaultException(ModelFaultKind.Unreadable);
    }

    public IReadOnlyList<FunctionCallContent> Finish() =>
    [
        .. _parts.Select(part => ToolCallArguments.Read(
            part.Value.Id ?? string.Create(CultureInfo.InvariantCulture, $"call_{part.Key}"),
            part.Value.Name.ToString(), part.Value.Arguments.ToString())),
    ];

    private sealed class Part
    {
        public string? Id { get; set; }

        public StringBuilder Name { get; } = new();

        public StringBuilder Arguments { get; } = new();
    }
}

/// <summary>Arguments of a tool call between their JSON text and the seam's dictionary.</summary>
internal static class ToolCallArguments
{
    /// <summary>Arguments that are no JSON object are kept as the call's fault, for the model to be told.</summary>
    public static FunctionCallContent Read(string id, string name, string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json.Length == 0 ? "{}" : json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new JsonException("The arguments are no JSON object.");
            var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
            foreach (var property in document.RootElement.EnumerateObject())
                arguments[property.Name] = property.Value.Clone();
            return new FunctionCallContent(id, name, arguments);
        }
        catch (JsonException malformed)
        {
            return new FunctionCallContent(id, name) { Exception = malformed };
        }
    }

    public static IDictionary<string, object?> Of(JsonElement arguments) =>
        arguments.ValueKind == JsonValueKind.Object
            ? arguments.EnumerateObject().ToDictionary(one => one.Name, one => (object?)one.Value, StringComparer.Ordinal)
            : [];

    public static JsonElement ToElement(FunctionCallContent call)
    {
        using var document = JsonDocument.Parse(Write(call));
        return document.RootElement.Clone();
    }

    public static string Write(FunctionCallContent call)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in call.Arguments ?? new Dictionary<string, object?>())
                if (value is JsonElement element)
                {
                    writer.WritePropertyName(name);
                    element.WriteTo(writer);
                }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
