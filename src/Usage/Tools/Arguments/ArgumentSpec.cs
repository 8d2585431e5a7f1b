using System.Text.Json.Nodes;
using Apex.Usage.Query;

namespace Apex.Usage.Tools.Arguments;

/// <summary>What kind of value an argument takes.</summary>
internal enum ArgumentKind
{
    Window,
    Filters,
    GroupBy,
    Whole,
    Number,
    Text,
    Choice,
    Choices,
    Flag,
    Numbers,
    Texts,

    /// <summary>A list of objects whose shape the tool checks itself.</summary>
    Objects,
}

/// <summary>One argument of a tool: the single source of its schema, its check and its default.</summary>
/// <param name="Default">Null: the argument may be absent.</param>
/// <param name="Max">Largest number; for lists the most items; for texts the most characters.</param>
internal sealed record ArgumentSpec(
    string Name,
    ArgumentKind Kind,
    string Description,
    JsonNode? Default = null,
    double Min = 0,
    double Max = 1_000,
    IReadOnlyList<string>? Choices = null,
    JsonObject? ItemSchema = null)
{
    public static ArgumentSpec Window { get; } = new(
        "window", ArgumentKind.Window,
        "Time span: {from, to} (RFC 3339, from in, to out) or a name such as all, last_30_days, this_month, "
        + "last_month, 2025, 2025-Q1, 2025-03, 2025-03-14.",
        "all");

    public static ArgumentSpec Filters { get; } = new(
        "filters", ArgumentKind.Filters, "Only rows that pass every filter: {dimension, operator, values}.", new JsonArray(), Max: 20);

    /// <param name="included">What the tool counts unless it is told otherwise.</param>
    public static ArgumentSpec Include(params string[] included) => new(
        "include", ArgumentKind.Choices,
        "Rows that are otherwise in no sum: duplicates, calls that another source recorded too; own_calls, those of Apex's own agents.",
        included.Length == 0 ? null : new JsonArray([.. included.Select(name => (JsonNode)name)]), Max: 2, Choices: CountedRows.Names);

    public static ArgumentSpec Whole(string name, string description, int fallback, int min, int max) =>
        new(name, ArgumentKind.Whole, description, fallback, min, max);

    public static ArgumentSpec Number(string name, string description, double? fallback, double min, double max) =>
        new(name, ArgumentKind.Number, description, fallback, min, max);

    public static ArgumentSpec Choice(string name, string description, string? fallback, params string[] choices) =>
        new(name, ArgumentKind.Choice, description, fallback, Choices: choices);

    public static ArgumentSpec GroupBy(string description, params Dimension[] fallback) => new(
        "group_by", ArgumentKind.GroupBy, description,
        new JsonArray([.. fallback.Select(dimension => (JsonNode)SnakeCase.Of(dimension))]), Max: 4);
}
