using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Apex.Usage.Tests.DuckDb;

/// <summary>Another process that has the database open: Node with DuckDB's own binding, which native/ brings anyway.</summary>
internal sealed class LockHolder : IDisposable
{
    private const string Script =
        """
        const [binding, path] = process.argv.slice(1);
        require(binding).open(path).then(database => { globalThis.database = database; console.log('held'); });
        process.stdin.on('end', () => process.exit(0)).resume();
        """;

    private readonly Process process;

    private LockHolder(Process process) => this.process = process;

    public static LockHolder Start(string path)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in new[] { "-e", Script, Binding(), path })
            start.ArgumentList.Add(argument);
        var process = Process.Start(start) ?? throw new InvalidOperationException("node did not start.");
        if (process.StandardOutput.ReadLine() != "held")
            throw new InvalidOperationException($"{path} was not opened by the other process.");
        return new LockHolder(process);
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }

    private static string Binding()
    {
        var machine = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var binding = Path.Combine(
                folder.FullName, "native", "node_modules", "@duckdb", $"node-bindings-linux-{machine}", "duckdb.node");
            if (File.Exists(binding))
                return binding;
        }

        throw new FileNotFoundException($"No native/node_modules above {AppContext.BaseDirectory}.");
    }
}
