using System.Globalization;
using System.Text.Json;

namespace Apex.Agents.Tools;

/// <summary>
/// Checks arguments against the part of JSON Schema our tools use: type, properties, required, additionalProperties, items, enum,
/// minimum, maximum, minItems, maxItems, minLength, maxLength. Other keywords are left to the tool itself.
/// </summary>
public static class ArgumentCheck
{
    /// <summary>The first fault as a sentence that names the argument and what is allowed; null when there is none.</summary>
    public static string? FirstFault(JsonElement arguments, JsonElement schema) => Fault(arguments, schema, "arguments");

    private static string? Fault(JsonElement value, JsonElement schema, string at)
    {
        if (schema.ValueKind != JsonValueKind.Object)
            return null;
        return TypeFault(value, schema, at)
            ?? EnumFault(value, schema, at)
            ?? value.ValueKind switch
            {
                JsonValueKind.Object => ObjectFault(value, schema, at),
                JsonValueKind.Array => ArrayFault(value, schema, at),
                JsonValueKind.Number => RangeFault(value.GetDouble(), schema, "minimum", "maximum", at),
                JsonValueKind.String => RangeFault(value.GetString()!.Length, schema, "minLength", "maxLength", $"the length of {at}"),
                _ => null,
            };
    }

    private static string? TypeFault(JsonElement value, JsonElement schema, string at)
    {
        if (!schema.TryGetProperty("type", out var type))
            return null;
        IEnumerable<string> allowed = type.ValueKind == JsonValueKind.Array
            ? type.EnumerateArray().Select(one => one.GetString() ?? "")
            : [type.GetString() ?? ""];
        var names = allowed.ToArray();
        return names.Any(name => IsOf(value, name))
            ? null
            : $"{at} must be {string.Join(" or ", names)}, not {Name(value)}.";
    }

    private static bool IsOf(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsInteger(number),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => true,
    };

    private static string? EnumFault(JsonElement value, JsonElement schema, string at)
    {
        if (!schema.TryGetProperty("enum", out var allowed) || allowed.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)))
            return null;
        return $"{at} is {Name(value)}; allowed are {string.Join(", ", allowed.EnumerateArray())}.";
    }

    private static string? ObjectFault(JsonElement value, JsonElement schema, string at)
    {
        var properties = schema.TryGetProperty("properties", out var known) ? known : default;
        if (schema.TryGetProperty("required", out var required))
            foreach (var name in required.EnumerateArray().Select(one => one.GetString()!))
                if (!value.TryGetProperty(name, out _))
                    return $"{at}.{name} is missing.";

        var others = schema.TryGetProperty("additionalProperties", out var additional) ? additional : default;
        foreach (var property in value.EnumerateObject())
        {
            var place = $"{at}.{property.Name}";
            if (properties.ValueKind == JsonValueKind.Object && properties.TryGetProperty(property.Name, out var inner))
            {
                if (Fault(property.Value, inner, place) is { } fault)
                    return fault;
            }
            else if (others.ValueKind == JsonValueKind.False)
            {
                var allowed = properties.ValueKind == JsonValueKind.Object
                    ? string.Join(", ", properties.EnumerateObject().Select(one => one.Name))
                    : "none";
                return $"{place} is unknown; allowed are {allowed}.";
            }
            else if (others.ValueKind == JsonValueKind.Object && Fault(property.Value, others, place) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private static string? ArrayFault(JsonElement value, JsonElement schema, string at)
    {
        if (RangeFault(value.GetArrayLength(), schema, "minItems", "maxItems", $"the number of {at}") is { } length)
            return length;
        if (!schema.TryGetProperty("items", out var items))
            return null;
        var index = 0;
        foreach (var item in value.EnumerateArray())
            if (Fault(item, items, string.Create(CultureInfo.InvariantCulture, $"{at}[{index++}]")) is { } fault)
                return fault;
        return null;
    }

    private static string? RangeFault(double value, JsonElement schema, string least, string most, string what)
    {
        if (schema.TryGetProperty(least, out var minimum) && value < minimum.GetDouble())
            return string.Create(CultureInfo.InvariantCulture, $"{what} is {value}; the least allowed is {minimum}.");
        if (schema.TryGetProperty(most, out var maximum) && value > maximum.GetDouble())
            return string.Create(CultureInfo.InvariantCulture, $"{what} is {value}; the most allowed is {maximum}.");
        return null;
    }

    private static string Name(JsonElement value)
    {
        const int shown = 60;
        var text = value.GetRawText();
        return text.Length <= shown ? text : text[..shown] + "…";
    }
}
