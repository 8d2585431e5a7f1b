namespace Apex.Usage.Tools.RateLimitHeadroom;

/// <summary>What <c>rate_limit_headroom</c> found.</summary>
/// <param name="BurstMinutes">How many minutes' worth of a limit may be used at once.</param>
internal sealed record RateLimitHeadroomResult(
    bool Answered, string? Reason, double BurstMinutes, bool CountsCached, IReadOnlyList<HeadroomGroup> Groups, int GroupsNotShown);

/// <param name="RefusedByVendor">Calls that ended with HTTP 429: the limits in force were met already.</param>
internal sealed record HeadroomGroup(
    IReadOnlyDictionary<string, string?> Keys, long Requests, long RefusedByVendor, IReadOnlyList<LimitUse> Limits);

/// <summary>Use of one kind of limit, over the 60 seconds before and with each call.</summary>
/// <param name="Kind">requests, tokens, input_tokens or output_tokens; all per minute.</param>
/// <param name="Limit">As given; null when only the use is told.</param>
/// <param name="WorstMinuteEnds">When the greatest use was reached.</param>
/// <param name="P999Use">99.9th percentile over the calls, within 0.1 %.</param>
/// <param name="Headroom">1 − greatest use / limit; negative when the limit would have been passed.</param>
/// <param name="SuggestedLimit">1.2 × <paramref name="P999Use"/>.</param>
/// <param name="Throttled">Null without a limit.</param>
internal sealed record LimitUse(
    string Kind, double? Limit, long MaxUse, DateTimeOffset? WorstMinuteEnds, double P999Use, double? Headroom, long SuggestedLimit, Throttling? Throttled);

/// <summary>What a token bucket of that limit would have done: calls wait in line until the bucket holds what they need.</summary>
/// <param name="MeanWaitSeconds">Of the calls that waited.</param>
/// <param name="TooLarge">Calls that need more than the bucket ever holds; a vendor refuses them, here they wait for the debt to be paid.</param>
internal sealed record Throttling(long Requests, double ThrottledShare, double MeanWaitSeconds, double MaxWaitSeconds, long TooLarge);
