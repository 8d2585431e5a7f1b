using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Apex.Cli.Analyses;

/// <summary>
/// Makes a tool's arguments out of words on the command line, by the tool's own JSON Schema: <c>--group-by model,month --limit 10
/// --window 2025-01-01..2025-04-01 --filter feature=chat</c>. What the schema cannot decide is left to the server, which refuses by name.
/// </summary>
internal sealed class ArgumentReader
{
    private readonly JsonElement _properties;
    private readonly string _tool;
    private readonly JsonObject _arguments = [];

    private ArgumentReader(string tool, JsonElement schema)
    {
        _tool = tool;
        _properties = schema.GetProperty("properties");
    }

    /// <exception cref="UsageException">A word that is no argument of the tool, or a value that cannot be one.</exception>
    public static JsonElement Read(string tool, JsonElement schema, IReadOnlyList<string> words)
    {
        var reader = new ArgumentReader(tool, schema);
        for (var i = 0; i < words.Count; i++)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal))
                throw new UsageException($"'{words[i]}' follows no argument; write --name value.");
            var (name, value) = words[i].IndexOf('=') is > 0 and var at
                ? (words[i][2..at], words[i][(at + 1)..])
                : (words[i][2..], i + 1 < words.Count && !words[i + 1].StartsWith("--", StringComparison.Ordinal) ? words[++i] : null);
            reader.Take(name.Replace('-', '_'), value);
        }

        using var document = JsonDocument.Parse(reader._arguments.ToJsonString());
        return document.RootElement.Clone();
    }

    private void Take(string name, string? value)
    {
        if (name == "filter")
            name = "filters";
        if (!_properties.TryGetProperty(name, out var schema))
        {
            var known = string.Join(", ", _properties.EnumerateObject().Select(p => "--" + p.Name.Replace('_', '-')));
            throw new UsageException($"{_tool} has no argument --{name.Replace('_', '-')}; it has {known}.");
        }

        if (schema.TryGetProperty("type", out var type) && type.GetString() == "array")
        {
            var list = _arguments[name] as JsonArray ?? [];
            _arguments[name] = list;
            foreach (var item in Items(name, value, schema.GetProperty("items")))
                list.Add(item);
            return;
        }

        if (!_arguments.TryAdd(name, Single(name, value, schema)))
            throw new UsageException($"--{name} is there twice; it takes one value.");
    }

    private static IEnumerable<JsonNode?> Items(string name, string? value, JsonElement item)
    {
        var text = value ?? throw Missing(name);
        if (FromFile(text) is { } content)
            text = content;
        if (text.TrimStart() is ['[' or '{', ..])
            return Parse(name, text) is JsonArray array ? [.. array.Select(one => one?.DeepClone())] : [Parse(name, text)];
        return item.GetProperty("type").GetString() == "object"
            ? name == "filters"
                ? [Filter(text)]
                : throw new UsageException($"--{name} takes objects: write JSON, or @file with JSON.")
            : text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(one => Single(name, one, item));
    }

    private static JsonNode? Single(string name, string? value, JsonElement schema)
    {
        var type = schema.TryGetProperty("type", out var told) ? told.GetString() : null;
        if (type == "boolean")
            return value switch
            {
                null or "true" or "yes" => true,
                "false" or "no" => false,
                _ => throw new UsageException($"--{name} is '{value}'; it needs true or false."),
            };
        if (value is null)
            throw Missing(name);
        return type switch
        {
            "integer" => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                ? whole
                : throw new UsageException($"--{name} is '{value}'; it needs a whole number."),
            "number" => decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new UsageException($"--{name} is '{value}'; it needs a number."),
            "object" => Parse(name, FromFile(value) ?? value),
            null when value.Split("..") is [{ Length: > 0 } from, { Length: > 0 } to] => new JsonObject { ["from"] = Moment(from), ["to"] = Moment(to) },
            _ => FromFile(value) ?? value,
        };
    }

    /// <summary><c>model=gpt-4o</c>, <c>model=a,b</c>, <c>model!=a</c>, <c>model~gpt</c>, <c>feature=</c> (has none), <c>feature</c> (has one).</summary>
    private static JsonObject Filter(string text)
    {
        var at = text.IndexOfAny(['=', '!', '~']);
        if (at < 0)
            return Of(text, "is_present", []);
        var (dimension, sign) = (text[..at], text[at..].StartsWith("!=", StringComparison.Ordinal) ? "!=" : text[at..(at + 1)]);
        if (sign == "!")
            throw new UsageException($"--filter '{text}' is no filter; write for instance model=gpt-4o, model!=gpt-4o or model~gpt.");
        var values = text[(at + sign.Length)..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Of(dimension, (sign, values.Length) switch
        {
            ("=", 0) => "is_missing",
            ("!=", 0) => "is_present",
            ("~", _) => "contains",
            ("=", 1) => "equal",
            ("=", _) => "in",
            (_, 1) => "not_equal",
            _ => "not_in",
        }, values);
    }

    private static JsonObject Of(string dimension, string filterOperator, string[] values) => new()
    {
        ["dimension"] = dimension.Trim().Replace('-', '_'),
        ["operator"] = filterOperator,
        ["values"] = new JsonArray([.. values.Select(value => (JsonNode)value)]),
    };

    /// <summary>A day alone is its beginning, UTC.</summary>
    private static string Moment(string text) => text.Length == 10 ? text + "T00:00:00Z" : text;

    private static string? FromFile(string value)
    {
        if (value is not ['@', ..])
            return null;
        return File.Exists(value[1..]) ? File.ReadAllText(value[1..]) : throw new UsageException($"There is no file {value[1..]}.");
    }

    private static JsonNode? Parse(string name, string json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            throw new UsageException($"--{name} is no valid JSON.");
        }
    }

    private static UsageException Missing(string name) => new($"--{name.Replace('_', '-')} needs a value.");
}
