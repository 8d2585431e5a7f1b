using Apex.Bench.Load;
using Apex.Storage;

// Without arguments: every measurement. With names: only those. "serve" and "plain" are the child processes being measured.
switch (args)
{
    case ["serve", var folder, var durability]:
        await ApexHost.RunAsync(folder, Enum.Parse<Durability>(durability));
        return;
    case ["plain"]:
        await PlainHost.RunAsync();
        return;
}

var wanted = args.Length == 0 ? ["start", "messages", "feed", "plain"] : args;
Console.WriteLine($"{Environment.ProcessorCount} cores, generator and server share them; .NET {Environment.Version}");
if (wanted.Contains("start"))
    await StartMeasurement.RunAsync();
if (wanted.Contains("messages"))
    await MessageMeasurement.RunAsync();
if (wanted.Contains("feed"))
    await FeedMeasurement.RunAsync();
if (wanted.Contains("plain"))
    await PlainMeasurement.RunAsync();
