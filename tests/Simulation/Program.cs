using System.Diagnostics;
using System.Globalization;
using Apex.Simulation;
using Apex.Simulation.Disk;
using Apex.Simulation.Worlds;

// FIRST COUNT [--step N] [--within SECONDS] [--plant FAULT] [--hashes] [--trace]: runs the worlds of these seeds, every N-th, one after
// the other, and says what they came to. Ends with 1 at the first seed that fails, whose last lines it prints.
var arguments = Arguments.Parse(args);
DiskUnderSqlite.Install();
var keys = Directory.CreateTempSubdirectory("apex-simulation-");
try
{
    var image = await WorldImage.MakeAsync(keys.FullName, users: 2);
    var began = Stopwatch.GetTimestamp();
    var total = new Totals();
    foreach (var seed in arguments.Seeds)
    {
        if (Stopwatch.GetElapsedTime(began) > arguments.Within)
            break;
        var world = new World(seed, image, arguments.Planted);
        if (arguments.Traces)
            world.Scheduler.History.Listener = Console.WriteLine;
        var result = await world.RunAsync();
        total.Add(result);
        if (DiskUnderSqlite.OpenFiles > 0)
            throw new InvalidOperationException($"Seed {seed} left {DiskUnderSqlite.OpenFiles} files open.");
        if (arguments.PrintsHashes)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed} {result.Hash:x16}"));
        if (result.Failure is null)
            continue;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"failed {seed} {result.Failure.ReplaceLineEndings(" ")}"));
        if (!arguments.Traces)
        {
            foreach (var line in result.LastLines)
                Console.WriteLine(line);
        }

        return 1;
    }

    Console.WriteLine(total.Sentence(Stopwatch.GetElapsedTime(began)));
    return 0;
}
finally
{
    keys.Delete(recursive: true);
}
