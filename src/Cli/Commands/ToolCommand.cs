using System.CommandLine;
using System.Text.Json;
using Apex.Cli.Access;
using Apex.Cli.Analyses;
using Apex.Client;
using Apex.Protocol.Http;
using Apex.Protocol.Reports;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex tools</c> names the analyses there are; <c>apex tool NAME --argument value …</c> runs one.</summary>
internal static class ToolCommand
{
    public static Command CreateList(SettingOptions options, Terminal terminal)
    {
        var name = new Argument<string?>("name") { Description = "Show what this one takes.", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "Print the list with each tool's JSON Schema." };
        var command = new Command("tools", "List the analyses, or the arguments of one.") { name, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            var list = await access.Api.ListToolsAsync(cancellationToken);
            if (parsed.GetValue(name) is { } wanted)
                PrintArguments(Find(list, wanted), parsed.GetValue(json), terminal);
            else if (parsed.GetValue(json))
                Console.Out.WriteLine(JsonSerializer.Serialize(list, Protocol.ApexJson.Default.ToolList));
            else
                PrintList(list, terminal);
            return ExitCode.Done;
        });
        return command;
    }

    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var name = new Argument<string>("name") { Description = "For instance cost_breakdown; apex tools lists them." };
        var json = new Option<bool>("--json") { Description = "Print the result envelope as JSON." };
        var rows = new Option<bool>("--samples") { Description = "Print the logged calls behind the result as well." };
        var command = new Command(
            "tool",
            "Run one analysis. Its arguments are options: --window last_30_days, --window 2025-01-01..2025-02-01, --group-by model,month, "
            + "--filter feature=chat. apex tools NAME tells them all.")
        {
            name, json, rows,
        };
        // The options of a tool are the tool's own, read by its schema.
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            var tool = Find(await access.Api.ListToolsAsync(cancellationToken), parsed.GetValue(name)!);
            var arguments = ArgumentReader.Read(tool.Name, tool.ArgumentsSchema, parsed.UnmatchedTokens);
            var envelope = await access.Api.RunToolAsync(tool.Name, arguments, cancellationToken);
            if (parsed.GetValue(json))
                Console.Out.WriteLine(envelope.GetRawText());
            else
                new EnvelopePrinter(terminal.Results).Print(envelope);
            if (parsed.GetValue(rows))
                await PrintRowsAsync(access.Api, envelope, parsed.GetValue(json), terminal, cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task PrintRowsAsync(
        ApexApi api, JsonElement envelope, bool json, Terminal terminal, CancellationToken cancellationToken)
    {
        var ids = envelope.GetProperty("evidence").GetProperty("sample_event_ids").EnumerateArray().Select(id => id.GetString()!).ToList();
        if (ids.Count == 0)
        {
            terminal.Notes.MarkupLine("[grey]This result names no rows.[/]");
            return;
        }

        var reply = await api.GetUsageRowsAsync(ids, cancellationToken);
        if (json)
            Console.Out.WriteLine(reply.GetRawText());
        else
            new EnvelopePrinter(terminal.Results).PrintRows([.. reply.GetProperty("events").EnumerateArray()]);
    }

    private static ToolView Find(ToolList list, string name) =>
        list.Tools.FirstOrDefault(tool => tool.Name == name.Replace('-', '_') || tool.Number.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new UsageException($"There is no tool {name}; apex tools lists the {list.Tools.Count} there are.");

    private static void PrintList(ToolList list, Terminal terminal)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("", "tool", "answers");
        foreach (var tool in list.Tools)
            table.AddRow($"[grey]{Markup.Escape(tool.Number)}[/]", $"[bold]{Markup.Escape(tool.Name)}[/]", Markup.Escape(tool.Purpose));
        terminal.Results.Write(table);
        terminal.Notes.MarkupLine("[grey]apex tools NAME tells its arguments, apex tool NAME runs it.[/]");
    }

    private static void PrintArguments(ToolView tool, bool json, Terminal terminal)
    {
        if (json)
        {
            Console.Out.WriteLine(tool.ArgumentsSchema.GetRawText());
            return;
        }

        terminal.Results.MarkupLine($"[bold]{Markup.Escape(tool.Name)}[/] [grey]{Markup.Escape(tool.Number)}[/]");
        terminal.Results.MarkupLine(Markup.Escape(tool.Purpose));
        var table = new Table().Border(TableBorder.Simple).AddColumns("argument", "takes", "default", "meaning");
        foreach (var property in tool.ArgumentsSchema.GetProperty("properties").EnumerateObject())
        {
            table.AddRow(
                $"[bold]--{property.Name.Replace('_', '-')}[/]", Markup.Escape(Takes(property.Value)),
                Markup.Escape(property.Value.TryGetProperty("default", out var fallback) ? fallback.ToString() : "–"),
                Markup.Escape(property.Value.TryGetProperty("description", out var text) ? text.GetString() ?? "" : ""));
        }

        terminal.Results.Write(table);
    }

    private static string Takes(JsonElement schema)
    {
        if (schema.TryGetProperty("enum", out var choices))
            return string.Join(" | ", choices.EnumerateArray().Select(choice => choice.GetString()));
        var type = schema.TryGetProperty("type", out var told) ? told.GetString() : "text or span";
        if (type == "array")
            return "list of " + (schema.GetProperty("items").TryGetProperty("enum", out _) ? "names" : Takes(schema.GetProperty("items")));
        return type is "integer" or "number" && schema.TryGetProperty("minimum", out var low) && schema.TryGetProperty("maximum", out var high)
            ? $"{FieldText.Value(low.GetDouble(), "count")} to {FieldText.Value(high.GetDouble(), "count")}"
            : type switch { "string" => "text", "object" => "JSON", "boolean" => "true or false", _ => type ?? "" };
    }
}
