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
    case ["send-alone", var port]:
        using (var floor = new SendAlone(Number(port)))
            floor.Run();
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
try
{
    Machine.TakeTheSecondCore();
}
catch (PeerUnavailableException refusal)
{
    await Console.Error.WriteLineAsync(refusal.Message);
    return 1;
}

var cache = new PeerCache();
var settings = new Settings(wanted.IsQuick);
var all = wanted.Peers.Select(static peer => new Figures(peer)).ToArray();
foreach (var measure in wanted.Measures)
{
    var isMedian = measure is "fanout" or "streams";
    // In two rounds, there and back: what else the machine's host does in these minutes meets everyone.
    var there = isMedian ? (wanted.Runs + 1) / 2 : 1;
    await RoundAsync(measure, all, there);
    if (isMedian && wanted.Runs > there)
        await RoundAsync(measure, all.Reverse(), wanted.Runs - there);
}

var report = Report.Of(all, head + (wanted.IsQuick ? " **Quick run: not to be quoted.**" : ""));
Console.WriteLine(report);
if (wanted.Output is { } path)
    await File.WriteAllTextAsync(path, report);
return all.Any(static figures => figures.Notes.Count > 0) ? 1 : 0;

async Task RoundAsync(string measure, IEnumerable<Figures> peers, int runs)
{
    foreach (var figures in peers)
    {
        await Console.Error.WriteLineAsync($"{TimeProvider.System.GetUtcNow():HH:mm:ss} {measure} {figures.Peer.Word}");
        await figures.MeasureAsync(measure, cache, settings, runs);
    }
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
