using System.Globalization;
using System.Text.Json;
using Apex.Usage.Query;

namespace Apex.Usage.Tools.Arguments;

/// <summary>Checks one value against its specification; every refusal names the argument, the value and what is allowed.</summary>
internal static class ArgumentCheck
{
    public static void Check(ArgumentSpec spec, JsonElement value)
    {
        switch (spec.Kind)
        {
            case ArgumentKind.Window:
                // Names and dates are resolved once the log's extent is known; here only the shape counts.
                Require(spec, value, value.ValueKind is JsonValueKind.String or JsonValueKind.Object, "a name or {from, to}");
                break;
            case ArgumentKind.Whole:
                Require(spec, value, IsNumber(value, out var whole) && whole == Math.Floor(whole) && InRange(spec, whole),
                    $"a whole number {Range(spec)}");
                break;
            case ArgumentKind.Number:
                Require(spec, value, IsNumber(value, out var number) && InRange(spec, number), $"a number {Range(spec)}");
                break;
            case ArgumentKind.Text:
                Require(spec, value, value.ValueKind == JsonValueKind.String && value.GetString()!.Length <= spec.Max,
                    string.Create(CultureInfo.InvariantCulture, $"a text of at most {spec.Max} characters"));
                break;
            case ArgumentKind.Choice:
                Require(spec, value, value.ValueKind == JsonValueKind.String && spec.Choices!.Contains(value.GetString()),
                    $"one of {string.Join(", ", spec.Choices!)}");
                break;
            case ArgumentKind.Choices:
                CheckItems(
                    spec, value, item => item.ValueKind == JsonValueKind.String && spec.Choices!.Contains(item.GetString()),
                    $"of {string.Join(", ", spec.Choices!)}");
                break;
            case ArgumentKind.Flag:
                Require(spec, value, value.ValueKind is JsonValueKind.True or JsonValueKind.False, "true or false");
                break;
            case ArgumentKind.Numbers:
                CheckItems(spec, value, item => IsNumber(item, out var each) && each >= spec.Min, "numbers");
                break;
            case ArgumentKind.Texts:
                CheckItems(spec, value, item => item.ValueKind == JsonValueKind.String, "texts");
                break;
            case ArgumentKind.GroupBy:
                CheckItems(spec, value, IsDimension, $"dimensions among {string.Join(", ", SnakeCase.All<Dimension>())}");
                break;
            case ArgumentKind.Objects:
                CheckItems(spec, value, item => item.ValueKind == JsonValueKind.Object, "objects");
                break;
            case ArgumentKind.Filters:
                CheckItems(spec, value, item => item.ValueKind == JsonValueKind.Object, "objects {dimension, operator, values}");
                foreach (var filter in value.EnumerateArray())
                    Filter(filter);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(spec), spec.Kind, "No such kind of argument.");
        }
    }

    public static UsageFilter Filter(JsonElement filter)
    {
        var dimensionName = Text(filter, "dimension");
        if (dimensionName is null || !SnakeCase.TryParse<Dimension>(dimensionName, out var dimension))
            throw Refuse("filters", filter, $"a dimension among {string.Join(", ", SnakeCase.All<Dimension>())}");
        var operatorName = Text(filter, "operator") ?? "equal";
        if (!SnakeCase.TryParse<FilterOperator>(operatorName, out var test))
            throw Refuse("filters", filter, $"an operator among {string.Join(", ", SnakeCase.All<FilterOperator>())}");

        var values = Values(filter);
        var fits = test switch
        {
            FilterOperator.IsMissing or FilterOperator.IsPresent => values.Count == 0,
            FilterOperator.In or FilterOperator.NotIn => values.Count is > 0 and <= ToolArguments.MaxFilterValues,
            _ => values.Count == 1,
        };
        if (!fits)
            throw Refuse("filters", filter, $"as many values as '{operatorName}' takes (one; any number up to {ToolArguments.MaxFilterValues} for in and not_in; none for is_missing and is_present)");
        return new UsageFilter(dimension, test, values);
    }

    public static ToolArgumentException Refuse(string name, JsonElement value, string allowed) =>
        new(name, $"'{name}' is {ToolArguments.Show(value)}; allowed is {allowed}.");

    private static List<string> Values(JsonElement filter)
    {
        if (!filter.TryGetProperty("values", out var list))
            return [];
        if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
            throw Refuse("filters", filter, "a list of texts as values");
        return list.EnumerateArray().Select(item => item.GetString() ?? "").ToList();
    }

    private static string? Text(JsonElement filter, string name) =>
        filter.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static void CheckItems(ArgumentSpec spec, JsonElement value, Func<JsonElement, bool> fits, string what)
    {
        var isList = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= spec.Max && value.EnumerateArray().All(fits);
        Require(spec, value, isList, string.Create(CultureInfo.InvariantCulture, $"a list of at most {spec.Max} {what}"));
    }

    private static bool IsDimension(JsonElement item) =>
        item.ValueKind == JsonValueKind.String && SnakeCase.TryParse<Dimension>(item.GetString()!, out _);

    private static bool IsNumber(JsonElement value, out double number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out number) && double.IsFinite(number);
    }

    private static bool InRange(ArgumentSpec spec, double number) => number >= spec.Min && number <= spec.Max;

    private static string Range(ArgumentSpec spec) =>
        string.Create(CultureInfo.InvariantCulture, $"from {spec.Min} to {spec.Max}");

    private static void Require(ArgumentSpec spec, JsonElement value, bool holds, string allowed)
    {
        if (!holds)
            throw Refuse(spec.Name, value, allowed);
    }
}
