using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Query;

namespace Apex.Usage.Tools.Arguments;

/// <summary>A tool's arguments, checked against their specification, defaults filled in.</summary>
internal sealed class ToolArguments
{
    public const int MaxFilterValues = 1_000;

    private readonly Dictionary<string, JsonElement> _values;

    private ToolArguments(Dictionary<string, JsonElement> values, JsonElement inForce)
    {
        _values = values;
        InForce = inForce;
    }

    /// <summary>The arguments as one object, defaults included; part of the envelope.</summary>
    public JsonElement InForce { get; }

    /// <exception cref="ToolArgumentException">An argument is unknown, of the wrong type or out of range.</exception>
    public static ToolArguments Read(JsonElement given, IReadOnlyList<ArgumentSpec> specs)
    {
        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (given.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined or JsonValueKind.Null))
            throw new ToolArgumentException("", $"Arguments must be a JSON object, not {Show(given)}.");

        if (given.ValueKind == JsonValueKind.Object)
            foreach (var property in given.EnumerateObject())
            {
                var spec = specs.FirstOrDefault(spec => spec.Name == property.Name)
                    ?? throw new ToolArgumentException(property.Name,
                        $"There is no argument '{property.Name}'; there are {string.Join(", ", specs.Select(spec => spec.Name))}.");
                if (property.Value.ValueKind == JsonValueKind.Null)
                    continue;
                ArgumentCheck.Check(spec, property.Value);
                values[spec.Name] = property.Value.Clone();
            }

        var inForce = new JsonObject();
        foreach (var spec in specs)
        {
            if (!values.ContainsKey(spec.Name) && spec.Default is { } fallback)
                values[spec.Name] = ArgumentSchema.Element(fallback);
            if (values.TryGetValue(spec.Name, out var value))
                inForce[spec.Name] = JsonNode.Parse(value.GetRawText());
        }

        return new ToolArguments(values, ArgumentSchema.Element(inForce));
    }

    public bool Has(string name) => _values.ContainsKey(name);

    public JsonElement? Find(string name) => _values.TryGetValue(name, out var value) ? value : null;

    public int Whole(string name) => (int)_values[name].GetDouble();

    public double Number(string name) => _values[name].GetDouble();

    public double? FindNumber(string name) => Find(name)?.GetDouble();

    public string? FindText(string name) => Find(name)?.GetString();

    public string Choice(string name) => _values[name].GetString() ?? "";

    public bool Flag(string name) => _values[name].GetBoolean();

    public IReadOnlyList<double> Numbers(string name) =>
        Find(name) is { } list ? list.EnumerateArray().Select(item => item.GetDouble()).ToList() : [];

    public IReadOnlyList<string> Texts(string name) =>
        Find(name) is { } list ? list.EnumerateArray().Select(item => item.GetString() ?? "").ToList() : [];

    public IReadOnlyList<JsonElement> Objects(string name) =>
        Find(name) is { } list ? list.EnumerateArray().ToList() : [];

    public IReadOnlyList<Dimension> GroupBy() =>
        Texts("group_by").Select(name => SnakeCase.TryParse<Dimension>(name, out var dimension) ? dimension : default).ToList();

    public IReadOnlyList<UsageFilter> Filters() => Objects("filters").Select(ArgumentCheck.Filter).ToList();

    internal static string Show(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.Undefined ? "nothing" : value.GetRawText();
        return text.Length <= 80 ? text : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, 80)}…");
    }
}
