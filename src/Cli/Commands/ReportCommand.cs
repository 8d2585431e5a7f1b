using System.CommandLine;
using System.Text.RegularExpressions;
using Apex.Cli.Access;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex report</c> writes the spend report: one HTML file, or Markdown with its pictures in a folder beside it.</summary>
internal static partial class ReportCommand
{
    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var from = new Option<string?>("--from") { Description = "First day or time, for instance 2026-01-01. Default: the log's beginning." };
        var to = new Option<string?>("--to") { Description = "The day or time it ends before. Default: now." };
        var window = new Option<string?>("--window") { Description = "A named span instead, for instance last_30_days or 2026-Q1." };
        var file = new Option<string?>("--out") { Description = "Where to write; - for standard output. Default: apex-report.html or .md." };
        var format = new Option<string?>("--format") { Description = "html or md. Default: what the file's name says, else html." };
        format.AcceptOnlyFromAmong("html", "md");
        var title = new Option<string?>("--title") { Description = "Stands at its top." };
        var command = new Command("report", "Write the spend report as one HTML file or as Markdown.") { from, to, window, file, format, title };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var kind = parsed.GetValue(format) ?? (Path.GetExtension(parsed.GetValue(file))?.ToLowerInvariant() is ".md" or ".markdown" ? "md" : "html");
            var path = parsed.GetValue(file) ?? "apex-report." + kind;
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            terminal.Notes.MarkupLine("[grey]computing the report …[/]");
            var parameters = new Dictionary<string, string?>
            {
                ["from"] = parsed.GetValue(from), ["to"] = parsed.GetValue(to), ["window"] = parsed.GetValue(window), ["format"] = kind,
                ["title"] = parsed.GetValue(title),
            };
            var report = await access.Api.GetReportAsync(parameters, cancellationToken);
            if (path == "-")
                await Console.Out.WriteAsync(report);
            else
                await WriteAsync(path, kind == "md" ? await TakeOutPicturesAsync(path, report, cancellationToken) : report, terminal, cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task WriteAsync(string path, string report, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            await File.WriteAllTextAsync(path, report, cancellationToken);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Failed, $"The report could not be written to {path}: {fault.Message}", fault);
        }

        terminal.Results.MarkupLineInterpolated($"{Path.GetFullPath(path)}");
    }

    /// <summary>Most readers of Markdown show pictures from files, not from addresses that hold them.</summary>
    private static async Task<string> TakeOutPicturesAsync(string path, string report, CancellationToken cancellationToken)
    {
        var folder = Path.ChangeExtension(path, null) + "-charts";
        var pictures = new List<byte[]>();
        var text = Picture().Replace(report, match =>
        {
            pictures.Add(Convert.FromBase64String(match.Groups[1].Value));
            return $"]({Uri.EscapeDataString(Path.GetFileName(folder))}/{pictures.Count}.svg)";
        });
        if (pictures.Count > 0)
            Directory.CreateDirectory(folder);
        for (var i = 0; i < pictures.Count; i++)
            await File.WriteAllBytesAsync(Path.Combine(folder, $"{i + 1}.svg"), pictures[i], cancellationToken);
        return text;
    }

    [GeneratedRegex(@"\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)")]
    private static partial Regex Picture();
}
