namespace Apex.Usage.Tools.Burstiness;

/// <summary>What <c>burstiness</c> found.</summary>
/// <param name="Answered">False with fewer than three calls; <paramref name="Reason"/> says so.</param>
/// <param name="HeatMap">Of all rows in question, whatever the groups.</param>
internal sealed record BurstinessResult(
    bool Answered, string? Reason, IReadOnlyList<BurstGroup> Groups, int GroupsNotShown, IReadOnlyList<HeatCell> HeatMap);

/// <param name="GapMeanSeconds">Mean time between the starts of one call and the next.</param>
/// <param name="GapCv">Coefficient of variation of the gaps: 0 like a clock, 1 like chance, more in bursts.</param>
/// <param name="GammaShape">1 / CV², the shape of the Gamma distribution with these moments; null for gaps that are all equal.</param>
/// <param name="Dispersion1s">Variance by mean of calls per second (index of dispersion): 1 is chance; null below two whole seconds.</param>
/// <param name="Dispersion60s">The same per minute.</param>
/// <param name="RequestsPerMinute">Null when the calls do not span a whole minute, as with what is told per minute and second.</param>
/// <param name="PeakToMean">Calls of the busiest whole minute by those of the mean minute.</param>
/// <param name="IdleShare">Whole minutes without a call.</param>
internal sealed record BurstGroup(
    IReadOnlyDictionary<string, string?> Keys,
    long Requests,
    double GapMeanSeconds,
    double GapCv,
    double? GammaShape,
    double? Dispersion1s,
    double? Dispersion60s,
    double? RequestsPerMinute,
    long? PeakRequestsPerMinute,
    DateTimeOffset? PeakMinute,
    long? PeakRequestsPerSecond,
    double? PeakToMean,
    double IdleShare);

/// <summary>One hour of the week, UTC.</summary>
/// <param name="Weekday">1 (Monday) to 7.</param>
/// <param name="RequestsPerHour">Mean over the hours of that kind that the rows span.</param>
internal sealed record HeatCell(int Weekday, int Hour, long Requests, double RequestsPerHour, long TotalTokens);
