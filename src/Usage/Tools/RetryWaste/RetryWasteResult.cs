namespace Apex.Usage.Tools.RetryWaste;

/// <summary>What <c>retry_waste</c> found. Every call is an attempt; attempts of one request form a chain.</summary>
/// <param name="Requests">Chains: what people and programs asked for.</param>
/// <param name="Amplification">Attempts per request; 0 without rows.</param>
/// <param name="RecoveredRequests">Requests that failed at first and succeeded by a retry.</param>
/// <param name="EarlierAttemptMissing">Calls numbered as a retry whose earlier attempt is not among the rows.</param>
/// <param name="ErrorShare">Failed attempts of all; its Wilson interval stands in <c>ci95</c>.</param>
/// <param name="WasteUsd">Billed cost of failed and superseded attempts: the lower of recorded and computed cost.</param>
/// <param name="WasteAtListUsd">The same attempts at the price book's cost, had each been billed.</param>
/// <param name="WasteShare">Of the cost of all rows.</param>
/// <param name="WastePerMonthUsd">Scaled to 30 days; null when the rows span under a day.</param>
/// <param name="WastedSeconds">Time spent in failed and superseded attempts whose end is known.</param>
/// <param name="Lengths">Requests by their number of attempts.</param>
internal sealed record RetryWasteResult(
    long Attempts,
    long Requests,
    double Amplification,
    long FailedAttempts,
    long SupersededAttempts,
    long RecoveredRequests,
    long EarlierAttemptMissing,
    double ErrorShare,
    decimal WasteUsd,
    decimal FailedUsd,
    decimal SupersededUsd,
    decimal WasteAtListUsd,
    double WasteShare,
    decimal? WastePerMonthUsd,
    double WastedSeconds,
    IReadOnlyList<WasteByError> ByError,
    IReadOnlyList<WasteGroup> Groups,
    int GroupsNotShown,
    IReadOnlyList<ChainLength> Lengths,
    IReadOnlyList<LongChain> Longest);

/// <param name="Error">The source's error type, else its HTTP status or state; <c>superseded</c> for answers that were asked for again at once.</param>
internal sealed record WasteByError(string Error, long Attempts, decimal WasteUsd, decimal WasteAtListUsd);

/// <param name="ErrorShareLow">Lower end of Wilson's 95 % interval.</param>
internal sealed record WasteGroup(
    IReadOnlyDictionary<string, string?> Keys,
    long Attempts,
    long FailedAttempts,
    double ErrorShare,
    double ErrorShareLow,
    double ErrorShareHigh,
    double Amplification,
    decimal WasteUsd);

internal sealed record ChainLength(int Attempts, long Requests);

/// <param name="WasteUsd">Billed cost of all its attempts but a last successful one.</param>
internal sealed record LongChain(string FirstEventId, DateTimeOffset StartedAt, int Attempts, bool Succeeded, decimal WasteUsd);
