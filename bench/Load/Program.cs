using Apex.Bench.Load;
using Apex.Bench.Load.Lean;
using Apex.Storage;

// Without arguments: every measurement. With names: only those. "serve", "model" and "plain" are the child processes being measured.
switch (args)
{
    case ["serve", var folder, var durability, .. var model]:
        await ApexHost.RunAsync(folder, Enum.Parse<Durability>(durability), model is [var address] ? new Uri(address) : null);
        return;
    case ["model"]:
        await ModelHost.RunAsync();
        return;
    case ["plain"]:
        await PlainHost.RunAsync();
        return;
}

var wanted = args.Length == 0 ? ["start", "messages", "feed", "stream", "stuck", "plain"] : args;
Console.WriteLine($"{Environment.ProcessorCount} cores, generator and server share them; .NET {Environment.Version}");
if (wanted.Contains("start"))
    await StartMeasurement.RunAsync();
if (wanted.Contains("messages"))
    await MessageMeasurement.RunAsync();
if (wanted.Contains("feed"))
    await FeedMeasurement.RunAsync();
if (wanted.Contains("stream"))
    await StreamMeasurement.RunAsync();
if (wanted.Contains("stuck"))
    await StuckMeasurement.RunAsync();
if (wanted.Contains("plain"))
    await PlainMeasurement.RunAsync();
if (wanted.Any(static measurement => measurement is "idle" or "open" or "catchup" or "deliver"))
    Environment.SetEnvironmentVariable(Pinned.InlineCompletions, "1"); // before the first socket
// These want a core each for the server and for the generator: taskset -c 1 dotnet …
if (wanted.Contains("idle"))
    await ConnectionMeasurement.IdleAsync();
if (wanted.Contains("open"))
    await ConnectionMeasurement.OpenAsync();
if (wanted.Contains("catchup"))
    await ConnectionMeasurement.CatchUpAsync();
if (wanted.Contains("deliver"))
    await DeliveryMeasurement.RunAsync();
