namespace Apex.Server.Reporting.Dashboard;

/// <summary>An organisation's usage at a glance: totals, the same span before, the course over time, and the parts.</summary>
/// <param name="Revision">Cursor of the log this was read at; see <c>GET /api/usage/growth</c>.</param>
/// <param name="AnchoredAt">The log's last row, where a named window counts back from it because the log ended more than a day ago.</param>
/// <param name="Grain">hour, day, week or month.</param>
/// <param name="By">Dimension of <paramref name="Parts"/>.</param>
/// <param name="Previous">The span of the same length before; null where the window is the whole log or nothing lies before.</param>
/// <param name="OtherParts">Groups beyond those shown.</param>
/// <param name="GeneratedRequests">How many of the calls are of the generated demonstration organisation.</param>
internal sealed record DashboardView(
    long Revision,
    DateTimeOffset? From,
    DateTimeOffset? To,
    DateTimeOffset? AnchoredAt,
    DateTimeOffset? LastStart,
    string Grain,
    string By,
    UsageFigures Totals,
    UsageFigures? Previous,
    IReadOnlyList<UsageFigures> Series,
    IReadOnlyList<UsageFigures> Parts,
    long OtherParts,
    IReadOnlyList<NotCounted> NotCounted,
    long GeneratedRequests);

/// <summary>Calls of the span that no figure counts.</summary>
/// <param name="Name">duplicates or own_calls, as <c>include</c> takes it.</param>
internal sealed record NotCounted(string Name, long Requests, decimal CostUsd);

/// <summary>What one group of calls used. Sums are exact; percentiles interpolate linearly.</summary>
/// <param name="Key">The group; null where the rows have no value, and for totals.</param>
/// <param name="CostUsd">By the price book, over priced calls.</param>
/// <param name="CacheReadShare">Of input tokens; null without input.</param>
/// <param name="ErrorShare">Calls whose status is error or timeout.</param>
/// <param name="MedianMs">Duration; null where no row has one.</param>
internal sealed record UsageFigures(
    string? Key,
    long Requests,
    long UnpricedRequests,
    decimal CostUsd,
    long InputTokens,
    long CacheReadTokens,
    long OutputTokens,
    double? CacheReadShare,
    long Errors,
    double ErrorShare,
    double? MedianMs,
    double? P95Ms);
