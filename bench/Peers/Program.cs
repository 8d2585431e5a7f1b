using System.Globalization;
using Apex.Bench.Peers;
using Apex.Bench.Peers.Measurements;
using Apex.Bench.Peers.Servers;
using Apex.Storage;

// "serve-…" are the child processes being measured.
switch (args)
{
    case ["serve-apex", var port, var publishing, var folder, var durability]:
        await ApexServer.RunAsync(Number(port), Number(publishing), folder, Enum.Parse<Durability>(durability));
        return 0;
    case ["serve-signalr", var port]:
        await SignalRServer.RunAsync(Number(port));
        return 0;
    case ["serve-kestrel", var port]:
        await KestrelServer.RunAsync(Number(port));
        return 0;
}

CommandLine wanted;
try
{
    wanted = CommandLine.Parse(args);
}
catch (FormatException wrong)
{
    await Console.Error.WriteLineAsync(wrong.Message + "\n\n" + CommandLine.Usage);
    return 2;
}

if (!OperatingSystem.IsLinux() || Environment.ProcessorCount < 2)
{
    await Console.Error.WriteLineAsync("This bench needs Linux and two cores: one for the server, one for the load.");
    return 1;
}

var head = Machine.Describe();
Machine.TakeTheSecondCore();
var cache = new PeerCache();
var settings = new Settings(wanted.Runs, wanted.IsQuick);
var all = wanted.Peers.Select(static peer => new Figures(peer)).ToArray();
foreach (var measure in wanted.Measures)
{
    foreach (var figures in all)
    {
        await Console.Error.WriteLineAsync($"{TimeProvider.System.GetUtcNow():HH:mm:ss} {measure} {figures.Peer.Word}");
        await figures.MeasureAsync(measure, cache, settings);
    }
}

var report = Report.Of(all, head + (wanted.IsQuick ? " **Quick run: not to be quoted.**" : ""));
Console.WriteLine(report);
if (wanted.Output is { } path)
    await File.WriteAllTextAsync(path, report);
return all.Any(static figures => figures.Notes.Count > 0) ? 1 : 0;

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
