namespace Apex.Usage.Tools.TierShift;

/// <summary>What <c>tier_shift</c> found: calls whose service tier costs more than they need.</summary>
/// <param name="Flex">Standard calls that may wait, at the flex price.</param>
/// <param name="Priority">Priority calls, at the standard price.</param>
/// <param name="SavingUsd">Sum of the flex savings and of the priority savings whose limit the standard tier meets.</param>
internal sealed record TierShiftResult(
    decimal SavingUsd, decimal? SavingPerMonthUsd, IReadOnlyList<FlexShift> Flex, IReadOnlyList<PriorityShift> Priority);

/// <param name="Requests">Successful standard calls that may wait at least as long as asked.</param>
/// <param name="CostUsd">As it was.</param>
/// <param name="NotStreamedSavingUsd">Upper bound: what all standard calls that were not streamed would save, whether they may wait or not.</param>
internal sealed record FlexShift(
    string Model, bool HasFlexPrice, long Requests, decimal CostUsd, decimal SavingUsd, decimal NotStreamedSavingUsd);

/// <param name="P95PriorityMs">95th percentile with priority, of the time the limit is set on.</param>
/// <param name="P95StandardMs">The same without; null where too few standard calls of the model have it.</param>
/// <param name="Verdict">meets: the standard tier is within the limit; misses: it is not; unknown: no limit was given or too few standard calls.</param>
/// <param name="SavingUsd">Cost with priority less cost without; counted only when the verdict is meets.</param>
internal sealed record PriorityShift(
    string Model, long Requests, decimal CostUsd, decimal SavingUsd, double? P95PriorityMs, double? P95StandardMs, long StandardRequests, string Verdict);
