namespace Apex.Usage.Tools.BatchableShare;

/// <summary>What <c>batchable_share</c> found: what would have cost less as a batch job.</summary>
/// <param name="Certain">Calls marked as batchable, or with a deadline of a day and more.</param>
/// <param name="Likely">Calls that look like scheduled or bulk work of programs; an assumption, grade C whatever the envelope's grade.</param>
/// <param name="BatchAlready">Calls that were sent as batch.</param>
/// <param name="WithoutBatchPrice">Calls found batchable whose model has no batch price; none of them counts as a saving.</param>
/// <param name="Chained">Calls left out of the likely ones because another call waited for their answer.</param>
internal sealed record BatchableShareResult(
    BatchableSum Certain, BatchableSum Likely, string LikelyGrade, long BatchAlready, long WithoutBatchPrice, long Chained);

/// <param name="CostShare">Of the cost of all rows.</param>
/// <param name="SavingUsd">Cost as it was, less cost at the model's batch price.</param>
internal sealed record BatchableSum(
    long Requests, decimal CostUsd, double CostShare, decimal SavingUsd, decimal? SavingPerMonthUsd,
    IReadOnlyList<BatchableGroup> Groups, int GroupsNotShown);

/// <param name="Basis">hint, deadline, schedule or burst.</param>
/// <param name="PeriodSeconds">For schedules: the gap most calls keep.</param>
/// <param name="InPeriodShare">Share of gaps within 5 % of it.</param>
internal sealed record BatchableGroup(
    string? Feature, string? Model, string Basis, long Requests, decimal CostUsd, decimal SavingUsd, double? PeriodSeconds, double InPeriodShare,
    string SampleEventId);
