using System.Globalization;
using System.Text.Json;
using Apex.Testing;

namespace Apex.Server.Tests.Answers;

/// <summary>The two traces without models, read by a few lines of their own and priced as the model they were imported under.</summary>
internal static class TraceFiles
{
    /// <param name="Ticks">Of 100 ns, from any origin.</param>
    public sealed record Prompt(string Line, long Ticks, long Input, long Output, long[] Blocks);

    public const int BlockTokens = 512;

    public static IReadOnlyList<Prompt> Mooncake { get; } = [.. File.ReadLines(SharedData.MooncakeConversation).Where(line => line.Length > 0).Select(ReadMooncake)];

    public static IReadOnlyList<Prompt> Azure { get; } =
    [
        .. from line in File.ReadLines(SharedData.AzureCode).Skip(1)
           let cells = line.Split(',')
           let at = DateTime.Parse(cells[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)
           select new Prompt(line, at.Ticks, long.Parse(cells[1], CultureInfo.InvariantCulture), long.Parse(cells[2], CultureInfo.InvariantCulture), []),
    ];

    /// <summary>Older than the first price: that one holds.</summary>
    public static DatedPrices.Row Price { get; } = DatedPrices.Shared.At(SharedLogAnswers.AssumedModel, DateTime.MinValue)!; // The shared history lists it.

    public static decimal Cost(IEnumerable<Prompt> prompts) =>
        prompts.Sum(prompt => (prompt.Input * Price.Input) + (prompt.Output * Price.Output));

    /// <summary>By linear interpolation at (n − 1)·p.</summary>
    public static decimal Percentile(IEnumerable<long> values, decimal p)
    {
        var sorted = values.Order().ToArray();
        var at = (sorted.Length - 1) * p;
        var below = (int)at;
        return below + 1 == sorted.Length ? sorted[below] : sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below]));
    }

    private static Prompt ReadMooncake(string line)
    {
        using var json = JsonDocument.Parse(line);
        var row = json.RootElement;
        return new Prompt(
            line, row.GetProperty("timestamp").GetInt64() * TimeSpan.TicksPerMillisecond, row.GetProperty("input_length").GetInt64(),
            row.GetProperty("output_length").GetInt64(), [.. row.GetProperty("hash_ids").EnumerateArray().Select(id => id.GetInt64())]);
    }
}
