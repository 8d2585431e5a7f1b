using System.Globalization;
using Apex.Testing;

namespace Apex.Bench.Import;

/// <summary>A file to import, with the DuckDB function that reads the same bytes.</summary>
internal abstract record Workload(string Name, string DuckDbReader)
{
    public static IReadOnlyList<Workload> All { get; } =
    [
        new RepeatedFile("aider", SharedData.AiderCalls, 1, IsCsv: true),
        new RepeatedFile("aider x 50", SharedData.AiderCalls, 50, IsCsv: true),
        new RepeatedFile("mooncake", SharedData.MooncakeConversation, 1, IsCsv: false),
        new RepeatedFile("mooncake x 10", SharedData.MooncakeConversation, 10, IsCsv: false),
        .. GeneratedFile.All,
    ];

    public string WriteTo(string folder)
    {
        var target = Path.Combine(folder, Name.Replace(' ', '-'));
        using var writer = new StreamWriter(target);
        Write(writer);
        return target;
    }

    protected abstract void Write(TextWriter writer);
}

/// <summary>A real file, repeated with its times shifted so that rows stay different rows.</summary>
internal sealed record RepeatedFile(string Name, string Path, int Copies, bool IsCsv) : Workload(Name, IsCsv ? "read_csv" : "read_json")
{
    protected override void Write(TextWriter writer)
    {
        var lines = File.ReadAllLines(Path);
        if (IsCsv)
            writer.WriteLine(lines[0]);
        for (var copy = 0; copy < Copies; copy++)
        {
            foreach (var line in lines.AsSpan(IsCsv ? 1 : 0))
                writer.WriteLine(Shifted(line, copy));
        }
    }

    /// <summary>Both files have their time as the first number of a line.</summary>
    private string Shifted(string line, int copy)
    {
        var start = IsCsv ? 0 : line.IndexOf(": ", StringComparison.Ordinal) + 2;
        var end = line.IndexOf(',', start);
        return $"{line.AsSpan(0, start)}{long.Parse(line.AsSpan(start, end - start), CultureInfo.InvariantCulture) + copy}{line.AsSpan(end)}";
    }
}
