using System.Globalization;
using Apex.Bench.Import;

// Usage: dotnet run -c Release --project bench/Import [rounds]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var rounds = args.Length > 0 ? int.Parse(args[0]) : 5;
var folder = Directory.CreateTempSubdirectory("apex-bench-");
try
{
    Console.WriteLine($"{Environment.ProcessorCount} cores, median of {rounds} rounds; rows per second, and per second of processor time");
    Console.WriteLine(
        $"{"file",-16}{"rows",9}{"import",11}{"/cpu",11}{"again",11}{"/cpu",11}{"DuckDB",11}{"/cpu",11}{"ratio/cpu",11}");
    foreach (var workload in Workload.All)
    {
        var result = await ImportBench.RunAsync(workload, folder.FullName, rounds);
        Console.WriteLine(
            $"{workload.Name,-16}{result.Rows,9}{result.Import}{result.Again}{result.DuckDb}" +
            $"{result.DuckDb.PerCpuSecond / result.Import.PerCpuSecond,11:0.0}");
    }
}
finally
{
    folder.Delete(recursive: true);
}
