using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.Tools.Envelopes;

/// <summary>A row of a query's answer read by measure name. A missing row counts as zeros.</summary>
internal readonly struct Cells(UsageTable table, UsageRow? row)
{
    public string? Key(int index) => row?.Keys[index];

    public long Count(string measure) => Value(measure) is long count ? count : 0;

    public NanoDollars Money(string measure) => new(Count(measure));

    public double? Number(string measure) => Value(measure) switch
    {
        double number => number,
        long number => number,
        _ => null,
    };

    public DateTimeOffset? Time(string measure) => Value(measure) is DateTimeOffset time ? time : null;

    private object? Value(string measure)
    {
        if (row is null)
            return null;
        for (var i = 0; i < table.Measures.Count; i++)
            if (table.Measures[i].Name == measure)
                return row.Values[i];
        throw new ArgumentException($"The query has no measure '{measure}'.", nameof(measure));
    }
}
