using System.Globalization;
using System.Text.Json;
using Apex.Usage.Query;

namespace Apex.Server.Reporting.Dashboard;

/// <summary>What of the log is looked at: a window, filters, and what to divide by.</summary>
/// <param name="Asked">Filters the reader chose.</param>
internal sealed record DashboardQuestion(
    string Window, TimeWindow? Span, IReadOnlyList<UsageFilter> Asked, Dimension By, CountedRows Counted)
{
    public const int MaxFilters = 10;
    public const string Whole = "all";

    /// <summary>Those chosen, and those that leave out what does not count.</summary>
    public IReadOnlyList<UsageFilter> Filters => Counted.With(Asked);

    private static readonly Dictionary<string, TimeSpan> Spans = new(StringComparer.Ordinal)
    {
        ["last_hour"] = TimeSpan.FromHours(1),
        ["last_24_hours"] = TimeSpan.FromDays(1),
        ["last_7_days"] = TimeSpan.FromDays(7),
        ["last_30_days"] = TimeSpan.FromDays(30),
        ["last_90_days"] = TimeSpan.FromDays(90),
        ["last_365_days"] = TimeSpan.FromDays(365),
    };

    /// <param name="filters">Each <c>dimension:value</c>; <c>dimension:</c> alone means rows without a value.</param>
    /// <param name="include">Names of <see cref="CountedRows.Names"/> with commas between.</param>
    /// <returns>The question, or the field that is wrong and why.</returns>
    public static (DashboardQuestion? Question, string Field, string Problem) Read(
        string? window, string? from, string? to, string? by, IReadOnlyList<string> filters, string? include)
    {
        TimeWindow? span = null;
        if (from is not null || to is not null)
        {
            if (!TryRead(from, out var first) || !TryRead(to, out var end) || first >= end)
                return (null, "from", "from and to need two times, such as 2026-01-01 and 2026-02-01, the earlier first.");
            span = new TimeWindow(first, end);
        }
        else if (window is not null && window != Whole && !Spans.ContainsKey(window))
        {
            return (null, "window", $"window is {window}; it needs {Whole}, {string.Join(", ", Spans.Keys)}, or from and to.");
        }

        if (ReadDimension(by ?? "model") is not { } dimension)
            return (null, "by", $"by is {by}; it needs a dimension such as model, feature, user, team or provider.");
        if (filters.Count > MaxFilters)
            return (null, "filter", $"filter is there {filters.Count} times; at most {MaxFilters} are taken.");
        var read = new List<UsageFilter>();
        foreach (var filter in filters)
        {
            if (filter.IndexOf(':', StringComparison.Ordinal) is not (> 0 and var at) || ReadDimension(filter[..at]) is not { } filtered)
                return (null, "filter", $"filter is {filter}; it needs dimension:value, such as model:gpt-4o.");
            var value = filter[(at + 1)..];
            read.Add(value.Length == 0
                ? new UsageFilter(filtered, FilterOperator.IsMissing, [])
                : new UsageFilter(filtered, FilterOperator.Equal, [value]));
        }

        var included = (include ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (included.FirstOrDefault(name => !CountedRows.Names.Contains(name)) is { } unknown)
            return (null, "include", $"include is {unknown}; it needs {string.Join(" or ", CountedRows.Names)}.");
        return (new DashboardQuestion(window ?? Whole, span, read, dimension, CountedRows.Including(included)), "", "");
    }

    /// <summary>The span looked at. A named one counts back from the log's last row when that is more than a day old.</summary>
    /// <returns>No span means the whole log.</returns>
    public (TimeWindow? Span, DateTimeOffset? AnchoredAt) SpanOf(UsageExtent extent, DateTimeOffset now)
    {
        if (Span is not null || Window == Whole)
            return (Span, null);
        var hasEnded = now - extent.LastStart > TimeSpan.FromDays(1);
        // The end is exclusive, and the last row is in.
        var end = hasEnded ? extent.LastStart.AddTicks(TimeSpan.TicksPerMillisecond) : now;
        return (new TimeWindow(end - Spans[Window], end), hasEnded ? extent.LastStart : null);
    }

    public static string NameOf(Dimension dimension) => JsonNamingPolicy.SnakeCaseLower.ConvertName(dimension.ToString());

    private static Dimension? ReadDimension(string name)
    {
        foreach (var dimension in Enum.GetValues<Dimension>())
            if (NameOf(dimension) == name)
                return dimension;
        return null;
    }

    private static bool TryRead(string? text, out DateTimeOffset moment) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out moment);
}
