using Apex.Bench.Runs;

// Without arguments: every measurement. With names: only those. "own" and "take" are the child processes of the take-over.
switch (args)
{
    case ["own", var folder]:
        await TakeOver.OwnAsync(folder);
        return;
    case ["take", var folder]:
        await TakeOver.TakeAsync(folder);
        return;
}

var wanted = args.Length == 0 ? ["takeover", "durability", "throughput", "fairness", "stop"] : args;
Console.WriteLine($"{Environment.ProcessorCount} cores; .NET {Environment.Version}");
if (wanted.Contains("takeover"))
    await TakeOver.MeasureAsync();
if (wanted.Contains("durability"))
    await RunsOfThirtyEvents.MeasureDurabilityAsync();
if (wanted.Contains("throughput"))
    await RunsOfThirtyEvents.MeasureThroughputAsync();
if (wanted.Contains("fairness"))
    await Fairness.MeasureAsync();
if (wanted.Contains("stop"))
    await Stop.MeasureAsync();
