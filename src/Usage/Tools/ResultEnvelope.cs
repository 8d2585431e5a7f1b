using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Usage.Query;

namespace Apex.Usage.Tools;

/// <summary>What a tool found, with everything needed to check it. A figure in an answer may come only from one of these.</summary>
public sealed record ResultEnvelope
{
    /// <summary>Tool name, for instance <c>cost_breakdown</c>.</summary>
    public required string Tool { get; init; }

    /// <summary>Version of the tool's computation; raised when its figures could change.</summary>
    public required string Version { get; init; }

    /// <summary>Arguments in force, defaults filled in.</summary>
    public required JsonElement Args { get; init; }

    public TimeWindow? Window { get; init; }
    public required long RowsIn { get; init; }
    public required long RowsUsed { get; init; }
    public required IReadOnlyDictionary<string, long> RowsExcludedByReason { get; init; }

    /// <summary>Rows with a known price divided by rows used, 0 to 1.</summary>
    public required double PricedShare { get; init; }

    public required string PriceMapVersion { get; init; }

    /// <summary>The figures, as the tool's documentation describes them. Money in US dollars, field names end in their unit.</summary>
    public required JsonElement Result { get; init; }

    /// <summary>95 % confidence intervals by JSON pointer into <see cref="Result"/>.</summary>
    public IReadOnlyDictionary<string, Interval>? Ci95 { get; init; }

    public required Grade Grade { get; init; }
    public required IReadOnlyList<string> Assumptions { get; init; }
    public required Evidence Evidence { get; init; }
    public required IReadOnlyList<string> Caveats { get; init; }
    public required IReadOnlyList<string> NextTools { get; init; }
}

public sealed record Interval(double Low, double High);

/// <param name="QueryId">Hash of query, window and price map: equal ids mean equal questions.</param>
/// <param name="SampleEventIds">At most 20 rows that can be opened.</param>
/// <param name="Checks">Self-checks that held, for instance "parts sum to the total".</param>
public sealed record Evidence(
    string QueryId, IReadOnlyList<string> GroupKeys, IReadOnlyList<string> SampleEventIds, IReadOnlyList<string> Checks);

/// <summary>How far a figure can be trusted: A arithmetic, B replay on complete fields, C replay with an assumption, D indication.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Grade>))]
public enum Grade
{
    A,
    B,
    C,
    D,
}
