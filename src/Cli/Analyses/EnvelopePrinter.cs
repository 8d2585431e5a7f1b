using System.Globalization;
using System.Text.Json;
using Apex.Protocol.Reports;
using Spectre.Console;

namespace Apex.Cli.Analyses;

/// <summary>Prints any tool's result: single values, tables, then what the figures rest on. Knows units by the names of fields, no tool.</summary>
internal sealed class EnvelopePrinter(IAnsiConsole console)
{
    private const int MostRows = 40;
    private const int MostColumns = 11;

    /// <summary>Names up to this long stand on one line; a longer one would push the figures out of sight.</summary>
    private const int WholeNames = 40;

    public void Print(JsonElement envelope)
    {
        var window = envelope.TryGetProperty("window", out var span) && span.ValueKind == JsonValueKind.Object
            ? $"{Day(span, "from")} to {Day(span, "to")} · "
            : "";
        console.MarkupLine($"[bold]{Text(envelope, "tool")}[/]  grade [bold]{Text(envelope, "grade")}[/]");
        console.MarkupLine(
            $"[grey]{window}{Number(envelope, "rows_used", "count")} of {Number(envelope, "rows_in", "count")} rows · "
            + $"{Number(envelope, "priced_share", "share")} priced · prices {Text(envelope, "price_map_version")}[/]");
        console.WriteLine();
        PrintObject(envelope.GetProperty("result"), "");
        PrintLines("Assumptions", envelope.GetProperty("assumptions"));
        PrintLines("Caveats", envelope.GetProperty("caveats"));
        var evidence = envelope.GetProperty("evidence");
        PrintLines("Checks that held", evidence.GetProperty("checks"));
        if (evidence.GetProperty("sample_event_ids") is { } ids && ids.GetArrayLength() > 0)
            console.MarkupLine($"[grey]{ids.GetArrayLength()} sample rows behind it: add --samples to see them.[/]");
        if (envelope.GetProperty("next_tools") is { } next && next.GetArrayLength() > 0)
            console.MarkupLine($"[grey]Worth asking next: {Markup.Escape(string.Join(", ", next.EnumerateArray().Select(tool => tool.GetString())))}[/]");
    }

    /// <summary>Logged calls as a table: the columns that say something.</summary>
    public void PrintRows(IReadOnlyList<JsonElement> rows) => PrintTable("Rows", rows);

    private void PrintObject(JsonElement value, string title)
    {
        if (title.Length > 0)
            console.MarkupLine($"[bold underline]{Markup.Escape(title)}[/]");
        var single = value.EnumerateObject().Where(field => IsSingle(field.Value) && !IsEmpty(field.Value)).ToList();
        if (single.Count > 0)
        {
            var grid = new Grid().AddColumn(new GridColumn().PadLeft(0).PadRight(3)).AddColumn();
            foreach (var field in single)
                grid.AddRow($"[grey]{Markup.Escape(FieldText.Label(field.Name))}[/]", Markup.Escape(Cell(field.Value, field.Name)));
            console.Write(grid);
            console.WriteLine();
        }

        foreach (var field in value.EnumerateObject().Where(field => !IsSingle(field.Value) && !IsEmpty(field.Value)))
        {
            if (field.Value.ValueKind == JsonValueKind.Object)
                PrintObject(field.Value, FieldText.Label(field.Name));
            else
                PrintTable(FieldText.Label(field.Name), [.. field.Value.EnumerateArray()]);
        }
    }

    private void PrintTable(string title, IReadOnlyList<JsonElement> rows)
    {
        if (rows.Count == 0)
            return;
        var flat = rows.Take(MostRows).Select(Flatten).ToList();
        var columns = flat.SelectMany(row => row.Keys).Distinct()
            .Where(column => flat.Any(row => row.TryGetValue(column, out var cell) && SaysSomething(cell)))
            .Take(MostColumns).ToList();
        var table = new Table().Border(TableBorder.Simple).Title($"[bold underline]{Markup.Escape(title)}[/]").LeftAligned();
        table.Title!.Style = Style.Plain;
        foreach (var column in columns)
        {
            var heading = new TableColumn($"[grey]{Markup.Escape(FieldText.Label(column))}[/]");
            heading.NoWrap = flat.TrueForAll(row => !row.TryGetValue(column, out var cell) || Cell(cell, column).Length <= WholeNames)
                && flat.Exists(row => row.TryGetValue(column, out var cell) && cell.ValueKind == JsonValueKind.String);
            table.AddColumn(flat.Any(row => row.TryGetValue(column, out var cell) && cell.ValueKind == JsonValueKind.Number)
                ? heading.RightAligned()
                : heading);
        }

        foreach (var row in flat)
            table.AddRow(columns.Select(column => row.TryGetValue(column, out var cell) ? Markup.Escape(Cell(cell, column)) : "").ToArray());
        console.Write(table);
        if (rows.Count > MostRows)
            console.MarkupLine($"[grey]and {rows.Count - MostRows} more; --json has them all[/]");
        console.WriteLine();
    }

    private void PrintLines(string title, JsonElement lines)
    {
        if (lines.GetArrayLength() == 0)
            return;
        console.MarkupLine($"[bold]{title}[/]");
        foreach (var line in lines.EnumerateArray())
            console.MarkupLine($"[grey]• {Markup.Escape(line.GetString() ?? "")}[/]");
        console.WriteLine();
    }

    /// <summary>Objects within a row become columns of it: the keys of a group stand beside its figures.</summary>
    private static Dictionary<string, JsonElement> Flatten(JsonElement row)
    {
        var cells = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (row.ValueKind != JsonValueKind.Object)
            return new Dictionary<string, JsonElement> { ["value"] = row };
        foreach (var field in row.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var (name, cell) in Flatten(field.Value))
                    cells[cells.ContainsKey(name) ? field.Name + "_" + name : name] = cell;
            }
            else
            {
                cells[field.Name] = field.Value;
            }
        }

        return cells;
    }

    private static bool IsSingle(JsonElement value) =>
        value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)
        || (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)));

    private static bool IsEmpty(JsonElement value) =>
        (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0)
        || (value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().MoveNext());

    private static bool SaysSomething(JsonElement cell) => cell.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => false,
        JsonValueKind.Number => cell.GetDouble() != 0,
        JsonValueKind.String => cell.GetString() is { Length: > 0 },
        JsonValueKind.Array => cell.GetArrayLength() > 0,
        _ => true,
    };

    private static string Cell(JsonElement value, string field) => value.ValueKind switch
    {
        JsonValueKind.Number => FieldText.Value(value.GetDouble(), FieldText.UnitOf(field)),
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.String => Moment(value.GetString() ?? ""),
        JsonValueKind.Array when IsSingle(value) => string.Join(", ", value.EnumerateArray().Select(item => Cell(item, field))),
        JsonValueKind.Array => $"{value.GetArrayLength()} entries",
        _ => "–",
    };

    private static string Moment(string text) =>
        text.Length > 18 && text[4] == '-' && text[10] == 'T'
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)
            : text;

    private static string Text(JsonElement envelope, string field) =>
        Markup.Escape(envelope.TryGetProperty(field, out var value) ? value.ToString() : "");

    private static string Number(JsonElement envelope, string field, string unit) =>
        FieldText.Value(envelope.GetProperty(field).GetDouble(), unit);

    private static string Day(JsonElement window, string end) => window.GetProperty(end).GetDateTimeOffset().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
