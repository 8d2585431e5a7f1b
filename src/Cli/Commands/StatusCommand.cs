using System.CommandLine;
using System.Globalization;
using Apex.Cli.Access;
using Apex.Protocol.Http;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex status</c>: how the server does, for its operators.</summary>
internal static class StatusCommand
{
    private const int MostIncidents = 5;

    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var hours = new Option<int>("--hours") { Description = "Over the last hours, 1 to 24.", DefaultValueFactory = static _ => 24 };
        var command = new Command("status", "Say how the server does: its parts, its connections and its service levels.") { hours };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            terminal.Notes.MarkupLine($"[grey]{Markup.Escape(access.Description)}[/]");
            var health = await access.Api.GetHealthAsync(cancellationToken);
            var connections = await access.Api.GetConnectionsAsync(cancellationToken);
            var performance = await access.Api.GetPerformanceAsync(parsed.GetValue(hours), cancellationToken);
            Print(health, terminal.Results);
            Print(await access.Api.GetBridgeAsync(cancellationToken), terminal.Results);
            Print(connections, performance, terminal.Results);
            Print(performance.ServiceLevels, terminal.Results);
            return health.Status == HealthState.Unhealthy ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    private static void Print(HealthView health, IAnsiConsole console)
    {
        foreach (var part in health.Components)
        {
            var mark = part.Status switch { HealthState.Healthy => "[green]✓[/]", HealthState.Degraded => "[yellow]–[/]", _ => "[red]✗[/]" };
            console.MarkupLine($"{mark} {part.Name,-12} {Markup.Escape(part.LastError ?? $"{part.LatencyMs:0.0} ms")}");
        }
    }

    private static void Print(BridgeView bridge, IAnsiConsole console)
    {
        var parts = bridge.Parts.Select(part => part.Works switch
        {
            true => $"{part.Name} {part.LatencyMs:0.0} ms",
            false => $"{part.Name} [red]{Markup.Escape(part.LastError ?? "fails")}[/]",
            null => $"{part.Name} unknown",
        });
        console.MarkupLine(
            $"[bold]bridge {bridge.State.ToString().ToLowerInvariant()}[/] since {bridge.Since.ToLocalTime():yyyy-MM-dd HH:mm:ss}: {string.Join(", ", parts)}; "
            + $"looked at again in {bridge.NextProbeMs / 1000d:0.0} s");
        foreach (var incident in bridge.Incidents.Take(MostIncidents))
        {
            var end = incident.Ended is { } ended ? $"to {ended.ToLocalTime():HH:mm:ss}" : "and lasting";
            var attempts = incident.Attempts == 1 ? "1 attempt" : $"{incident.Attempts} attempts";
            console.MarkupLine(
                $"  {incident.Began.ToLocalTime():yyyy-MM-dd HH:mm:ss} {end}, {attempts} to recover: {incident.Part}: {Markup.Escape(incident.Reason)}");
        }
    }

    private static void Print(ConnectionReport connections, PerformanceView performance, IAnsiConsole console)
    {
        console.MarkupLine(
            $"[bold]{connections.Open:N0}[/] open {(connections.Open == 1 ? "connection" : "connections")}, {connections.Unconfirmed:N0} unconfirmed; "
            + $"since the start {connections.FramesSent:N0} frames sent, {connections.Confirmations:N0} confirmations, {connections.Resumed:N0} resumed, "
            + $"{connections.Refused:N0} refused");
        if (performance.Minutes is [.., var last])
        {
            console.MarkupLine(
                $"[bold]{last.ResidentBytes / 1048576d:N0} MiB[/] resident, {last.HeapBytes / 1048576d:N0} MiB of it managed, {last.CpuPercent:0.#} % of a core");
        }
    }

    private static void Print(IReadOnlyList<ServiceLevelView> levels, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn("service level").AddColumn("within")
            .AddColumn(new TableColumn("objective").RightAligned())
            .AddColumn(new TableColumn("held").RightAligned())
            .AddColumn(new TableColumn("of").RightAligned())
            .AddColumn(new TableColumn("worst p99").RightAligned());
        foreach (var level in levels)
        {
            table.AddRow(
                Markup.Escape(level.Title), $"{level.TargetMs:N0} ms", Percent(level.Objective),
                level.Count == 0 ? "–" : $"{(level.Met ? "[green]" : "[red]")}{Percent(level.Share)}[/]", level.Count.ToString("N0", CultureInfo.InvariantCulture),
                level.WorstP99Ms is { } worst ? $"{worst:N1} ms" : "–");
        }

        console.Write(table);
    }

    private static string Percent(double share) => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";
}
