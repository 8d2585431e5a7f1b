using Apex.Testing;

namespace Apex.Bench.Import;

/// <summary>A real file, repeated with its times shifted so that rows stay different rows.</summary>
internal sealed record Workload(string Name, string Path, int Copies, bool IsCsv)
{
    public static IReadOnlyList<Workload> All { get; } =
    [
        new("aider", SharedData.AiderCalls, 1, IsCsv: true),
        new("aider x 50", SharedData.AiderCalls, 50, IsCsv: true),
        new("mooncake", SharedData.MooncakeConversation, 1, IsCsv: false),
        new("mooncake x 10", SharedData.MooncakeConversation, 10, IsCsv: false),
    ];

    public string WriteTo(string folder)
    {
        var lines = File.ReadAllLines(Path);
        var target = System.IO.Path.Combine(folder, $"{Name.Replace(' ', '-')}{System.IO.Path.GetExtension(Path)}");
        using var writer = new StreamWriter(target);
        if (IsCsv)
            writer.WriteLine(lines[0]);
        for (var copy = 0; copy < Copies; copy++)
        {
            foreach (var line in lines.AsSpan(IsCsv ? 1 : 0))
                writer.WriteLine(Shifted(line, copy));
        }

        return target;
    }

    /// <summary>Both files have their time as the first number of a line.</summary>
    private string Shifted(string line, int copy)
    {
        var start = IsCsv ? 0 : line.IndexOf(": ", StringComparison.Ordinal) + 2;
        var end = line.IndexOf(',', start);
        return $"{line.AsSpan(0, start)}{long.Parse(line.AsSpan(start, end - start)) + copy}{line.AsSpan(end)}";
    }
}
