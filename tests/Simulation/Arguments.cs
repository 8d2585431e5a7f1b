using System.Globalization;
using Apex.Simulation.Worlds;

namespace Apex.Simulation;

/// <summary>What to simulate.</summary>
internal sealed record Arguments(IReadOnlyList<int> Seeds, Fault? Planted, TimeSpan Within, bool Traces, bool PrintsHashes)
{
    /// <exception cref="FormatException">They cannot be read.</exception>
    public static Arguments Parse(string[] words)
    {
        var numbers = words.TakeWhile(word => !word.StartsWith("--", StringComparison.Ordinal)).Select(word => int.Parse(word, CultureInfo.InvariantCulture)).ToList();
        var first = numbers.ElementAtOrDefault(0) is > 0 and var one ? one : 1;
        var count = numbers.Count > 1 ? numbers[1] : 1;
        var step = After(words, "--step") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 1;
        return new Arguments(
            [.. Enumerable.Range(0, count).Select(index => first + (index * step))],
            After(words, "--plant") is { } name ? Enum.Parse<Fault>(name) : null,
            After(words, "--within") is { } seconds ? TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)) : TimeSpan.MaxValue,
            words.Contains("--trace"),
            words.Contains("--hashes"));
    }

    private static string? After(string[] words, string name) =>
        Array.IndexOf(words, name) is >= 0 and var at ? words.ElementAtOrDefault(at + 1) ?? throw new FormatException($"{name} needs a value.") : null;
}
