using System.Globalization;
using Apex.Agents.Tests.House;
using Apex.Testing;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Agents.Tests.Quality;

/// <summary>
/// What the Aider log says, computed row by row from its file with a reader of our own: no tool, no query and no engine is asked. Only
/// the list price of a row is taken from the log, because prices have tests of their own.
/// </summary>
internal sealed class AiderFacts
{
    private readonly Call[] _calls;

    private AiderFacts(Call[] calls) => _calls = calls;

    public static async Task<AiderFacts> ReadAsync(AgentHouse house)
    {
        var priced = new Dictionary<(long, string, string, long, long), decimal>();
        await foreach (var row in house.Log.ReadAsync(new UsageScan { Tenant = new TenantId(AgentHouse.Organisation) }, CancellationToken.None))
            if (row.CostEffective is { } cost)
                priced[(row.StartedAt.ToUnixTimeSeconds(), row.UserId ?? "", row.RequestModel ?? "", row.InputTotal, row.OutputTotal)] = cost.Dollars;
        return new AiderFacts(
        [
            .. File.ReadLines(SharedData.AiderCalls).Skip(1).Select(line => line.Split(',')).Select(cells =>
            {
                var at = long.Parse(cells[0], CultureInfo.InvariantCulture);
                var (input, output) = (Number(cells[6]), Number(cells[7]));
                return new Call(
                    DateTimeOffset.FromUnixTimeSeconds(at), cells[1], cells[2], input, output,
                    cells[9].Length == 0 ? null : decimal.Parse(cells[9], NumberStyles.Float, CultureInfo.InvariantCulture),
                    priced.TryGetValue((at, cells[1], cells[2], input, output), out var list) ? list : null);
            }),
        ]);
    }

    /// <summary>Sum of what the calls cost by the price list, in dollars.</summary>
    public double Spent(Func<Call, bool>? where = null) => (double)Where(where).Sum(call => call.List ?? 0);

    /// <summary>Sum of what the client recorded, in dollars.</summary>
    public double Recorded(Func<Call, bool>? where = null) => (double)Where(where).Sum(call => call.Recorded ?? 0);

    public double Count(Func<Call, bool>? where = null) => Where(where).Count();

    public double Input(Func<Call, bool>? where = null) => Where(where).Sum(call => call.Input);

    public double Output(Func<Call, bool>? where = null) => Where(where).Sum(call => call.Output);

    /// <summary>Linear interpolation at (n − 1)·p.</summary>
    public double InputPercentile(double p, Func<Call, bool>? where = null)
    {
        var sorted = Where(where).Select(call => (double)call.Input).Order().ToArray();
        var at = (sorted.Length - 1) * p;
        var below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }

    /// <summary>The groups by what they cost, dearest first.</summary>
    public (string Name, double Spent)[] Ranked(Func<Call, string> by, Func<Call, bool>? where = null) =>
    [
        .. Where(where).GroupBy(by).Select(group => (Name: group.Key, Spent: (double)group.Sum(call => call.List ?? 0))).OrderByDescending(one => one.Spent),
    ];

    public static Func<Call, bool> In(int year, int? month = null, int? day = null) => call =>
        call.At.Year == year && (month is null || call.At.Month == month) && (day is null || call.At.Day == day);

    private IEnumerable<Call> Where(Func<Call, bool>? where) => where is null ? _calls : _calls.Where(where);

    private static long Number(string cell) => cell.Length == 0 ? 0 : long.Parse(cell, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    internal sealed record Call(DateTimeOffset At, string User, string Model, long Input, long Output, decimal? Recorded, decimal? List);
}
