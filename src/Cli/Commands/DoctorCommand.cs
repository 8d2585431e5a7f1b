using System.CommandLine;
using System.Runtime.InteropServices;
using Apex.Cli.Access;
using Apex.Cli.Settings;
using Apex.Server.Accounts;
using Apex.Storage;
using Apex.Storage.Sqlite;
using Apex.Usage.DuckDb;
using Apex.Usage.Query;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex doctor</c>: looks at what Apex needs and says what is missing and how to get it.</summary>
internal static class DoctorCommand
{
    private const long LittleSpaceBytes = 512L * 1024 * 1024;

    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var command = new Command("doctor", "Say what is missing and how to get it.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = options.Read(parsed);
            var findings = new[]
            {
                Runtime(), Sqlite(), await DuckDbAsync(cancellationToken), DataFolder(settings.DataFolder), Space(settings.DataFolder),
                Page(settings), await ServerAsync(settings, cancellationToken),
            };
            foreach (var finding in findings)
            {
                var mark = finding.Severity switch { Severity.Good => "[green]✓[/]", Severity.Note => "[yellow]–[/]", _ => "[red]✗[/]" };
                terminal.Results.MarkupLine($"{mark} {finding.What,-12} {Markup.Escape(finding.Found)}");
                if (finding.Remedy is { } remedy)
                    terminal.Results.MarkupLine($"               [bold]→ {Markup.Escape(remedy)}[/]");
            }

            return findings.Any(f => f.Severity == Severity.Missing) ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    private static Finding Runtime() => new(Severity.Good, ".NET", RuntimeInformation.FrameworkDescription);

    private static Finding Sqlite()
    {
        try
        {
            return new Finding(Severity.Good, "SQLite", SqliteStore.LibraryVersion);
        }
        catch (StorageOpenException e)
        {
            return new Finding(Severity.Missing, "SQLite", e.Message, "apt-get install libsqlite3-0");
        }
    }

    private static async Task<Finding> DuckDbAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), TimeProvider.System, cancellationToken);
            return new Finding(Severity.Good, "DuckDB", "opens");
        }
        catch (UsageLogException e)
        {
            return new Finding(Severity.Missing, "DuckDB", e.Message, "npm ci --prefix native, then build again");
        }
    }

    private static Finding DataFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, ".doctor");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return new Finding(Severity.Good, "data folder", folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Finding(Severity.Missing, "data folder", $"{folder} cannot be written: {e.Message}", "choose another with --data");
        }
    }

    private static Finding Space(string folder)
    {
        var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        var found = $"{free / (1024 * 1024):N0} MiB free";
        return free >= LittleSpaceBytes
            ? new Finding(Severity.Good, "disk", found)
            : new Finding(Severity.Missing, "disk", found, "make room: new messages are refused when the disk is full");
    }

    private static Finding Page(SettingsInForce settings) => settings.Text(KnownSettings.Page) switch
    {
        { } folder when File.Exists(Path.Combine(folder, "index.html")) => new Finding(Severity.Good, "page", folder),
        { } folder => new Finding(Severity.Note, "page", $"not built in {folder}", "start Apex by ./apex, which builds it"),
        null => new Finding(Severity.Note, "page", "no folder set", "start Apex by ./apex, or set --page"),
    };

    private static async Task<Finding> ServerAsync(SettingsInForce settings, CancellationToken cancellationToken)
    {
        if (LocalOwnerFile.Find(settings.DataFolder) is { } running
            && await SocketProbe.IsListeningAsync(running.Address, cancellationToken))
            return new Finding(Severity.Good, "server", $"running at {running.Address} (pid {running.ProcessId})");
        return new Finding(Severity.Note, "server", "none runs on this data folder; commands start one for themselves", "to keep one: ./apex");
    }

    private enum Severity
    {
        Good,
        Note,
        Missing,
    }

    private sealed record Finding(Severity Severity, string What, string Found, string? Remedy = null);
}
