using Apex.Usage.Tools.Arguments;

namespace Apex.Usage.Tools.Replay;

/// <summary>Capacities and lifetimes of a replay, as arguments give them: 0 means without limit, the asked-for one is always in.</summary>
internal static class ReplayGrid
{
    public static List<long?> Capacities(ToolArguments arguments, string name, IReadOnlyList<double> fallback, long? own) =>
        [.. Values(arguments, name, fallback).Select(Limit).Append(own).Distinct().OrderBy(capacity => capacity ?? long.MaxValue)];

    public static List<TimeSpan?> Lifetimes(ToolArguments arguments, string name, IReadOnlyList<double> fallback, TimeSpan? own) =>
        [.. Values(arguments, name, fallback).Select(Minutes).Append(own).Distinct().OrderBy(ttl => ttl ?? TimeSpan.MaxValue)];

    public static TimeSpan? Minutes(double minutes) => minutes == 0 ? null : TimeSpan.FromMinutes(minutes);

    public static long? Limit(double amount) => amount == 0 ? null : (long)amount;

    private static IReadOnlyList<double> Values(ToolArguments arguments, string name, IReadOnlyList<double> fallback) =>
        arguments.Has(name) ? arguments.Numbers(name) : fallback;
}
