using System.CommandLine;
using Apex.Cli.Access;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex export focus</c> writes the log as charges of the FinOps FOCUS format.</summary>
internal static class ExportCommand
{
    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var command = new Command("export", "Write the usage log in a format other programs read.");
        command.Add(CreateFocus(options, terminal));
        return command;
    }

    private static Command CreateFocus(SettingOptions options, Terminal terminal)
    {
        var from = new Option<string?>("--from") { Description = "First day or time, for instance 2026-01-01. Default: the log's beginning." };
        var to = new Option<string?>("--to") { Description = "The day or time it ends before. Default: now." };
        var window = new Option<string?>("--window") { Description = "A named span instead, for instance last_month or 2026-Q1." };
        var dimensions = new Option<string?>("--dimensions")
        {
            Description = "Columns x_… besides model, tier and token type, separated by commas. Default: team,feature,environment.",
        };
        var include = new Option<string?>("--include") { Description = "duplicates, own_calls or both with a comma between: calls that otherwise are no charge." };
        var file = new Option<string?>("--out") { Description = "Where to write; - for standard output. Default: focus.csv or focus.parquet." };
        var format = new Option<string?>("--format") { Description = "csv or parquet. Default: what the file's name says, else csv." };
        format.AcceptOnlyFromAmong("csv", "parquet");
        var command = new Command("focus", "Write the log as charges of the FinOps FOCUS billing format (1.2).")
        {
            from, to, window, dimensions, include, file, format,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var isParquet = string.Equals(Path.GetExtension(parsed.GetValue(file)), ".parquet", StringComparison.OrdinalIgnoreCase);
            var kind = parsed.GetValue(format) ?? (isParquet ? "parquet" : "csv");
            var path = parsed.GetValue(file) ?? "focus." + kind;
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            terminal.Notes.MarkupLine("[grey]computing the charges …[/]");
            var parameters = new Dictionary<string, string?>
            {
                ["format"] = kind, ["from"] = parsed.GetValue(from), ["to"] = parsed.GetValue(to), ["window"] = parsed.GetValue(window),
                ["dimensions"] = parsed.GetValue(dimensions), ["include"] = parsed.GetValue(include),
            };
            await WriteAsync(path, output => access.Api.ExportFocusAsync(parameters, output, cancellationToken), terminal);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A file appears under its name only when it is whole.</summary>
    private static async Task WriteAsync(string path, Func<Stream, Task> write, Terminal terminal)
    {
        if (path == "-")
        {
            await using var output = Console.OpenStandardOutput();
            await write(output);
            return;
        }

        var part = path + ".part";
        try
        {
            await using (var output = File.Create(part))
                await write(output);
            File.Move(part, path, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Failed, $"The charges could not be written to {path}: {fault.Message}", fault);
        }
        finally
        {
            File.Delete(part);
        }

        terminal.Results.MarkupLineInterpolated($"{Path.GetFullPath(path)}");
    }
}
