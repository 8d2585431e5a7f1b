using System.Globalization;
using Apex.Testing;

namespace Apex.Server.Tests.Answers;

/// <summary>The Aider file's lines, each with its cost by the shared price files in exact decimals.</summary>
internal static class AiderFile
{
    /// <summary>Null where the model has no price.</summary>
    public sealed record Call(string Line, DateTime At, string? User, string? Model, string? Feature, long Input, long Output, decimal Recorded, decimal? InputUsd, decimal? OutputUsd)
    {
        public decimal? Cost => InputUsd + OutputUsd is { } usd ? decimal.Round(usd, 9) : null;

        public DateOnly Day => DateOnly.FromDateTime(At);

        public bool IsOutlier => Cost is { } list && Math.Abs(Recorded - list) > 0.01m && (Recorded > 3 * list || Recorded < list / 3);
    }

    public static string Header { get; } = File.ReadLines(SharedData.AiderCalls).First();

    public static IReadOnlyList<Call> Calls { get; } = [.. File.ReadLines(SharedData.AiderCalls).Skip(1).Select(Read)];

    public static decimal Cost(IEnumerable<Call> calls) => calls.Sum(call => call.Cost ?? 0);

    private static Call Read(string line)
    {
        var cells = line.Split(',');
        var at = DateTimeOffset.FromUnixTimeSeconds(long.Parse(cells[0], CultureInfo.InvariantCulture)).UtcDateTime;
        var model = cells[2] is "" or "None" ? null : cells[2];
        var (input, output) = (Tokens(cells[6]), Tokens(cells[7]));
        var price = model is null ? null : DatedPrices.Shared.At(model, at);
        return new Call(
            line, at, Text(cells[1]), model, Text(cells[5]), input, output, decimal.Round(decimal.Parse(cells[9], NumberStyles.Float, CultureInfo.InvariantCulture), 9),
            input * price?.InputAt(input), output * price?.OutputAt(input));
    }

    private static string? Text(string cell) => cell.Length == 0 ? null : cell;

    private static long Tokens(string cell) => (long)decimal.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture);
}
