using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.TierShift;

/// <summary>Prices each call at the tier next to its own.</summary>
internal sealed class TierTally(PriceBook prices, double waitSeconds)
{
    private readonly SortedDictionary<string, FlexSum> _flex = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, PrioritySum> _priority = new(StringComparer.Ordinal);

    public DailyAmounts FlexByDay { get; } = new();

    public IReadOnlyDictionary<string, FlexSum> Flex => _flex;

    public IReadOnlyDictionary<string, PrioritySum> Priority => _priority;

    /// <summary>Whether the call counts on either side.</summary>
    public bool Add(UsageEvent call)
    {
        if (call.Status != CallStatus.Success || call.Model is not { } model || call.CostEffective is not { } cost)
            return false;
        if (call.ServiceTier == ServiceTier.Priority)
        {
            _priority[model] = _priority.GetValueOrDefault(model).With(cost, Saving(call, cost, ServiceTier.Standard) ?? NanoDollars.Zero, call.StartedAt);
            return true;
        }

        var mayWait = call.BatchableHint == true || call.DeadlineSeconds >= waitSeconds;
        if (call.ServiceTier != ServiceTier.Standard || (!mayWait && call.Stream != false))
            return false;
        var saving = Saving(call, cost, ServiceTier.Flex);
        _flex[model] = _flex.GetValueOrDefault(model).With(cost, saving, mayWait, call.Stream == false);
        if (mayWait)
            FlexByDay.Add(call.StartedAt, saving ?? NanoDollars.Zero);
        return mayWait;
    }

    /// <summary>Null when the tier has no price of its own; never negative.</summary>
    private NanoDollars? Saving(UsageEvent call, NanoDollars cost, ServiceTier tier)
    {
        var other = prices.Price(call, tier, BucketTokens.Of(call));
        if (other.Effective is not { } cheaper || other.Flags.Contains(PriceFlags.NoTierPrice))
            return null;
        return cost > cheaper ? cost - cheaper : NanoDollars.Zero;
    }
}

internal readonly record struct FlexSum(bool HasPrice, long Requests, NanoDollars Cost, NanoDollars Saving, NanoDollars NotStreamed)
{
    public FlexSum With(NanoDollars cost, NanoDollars? saving, bool mayWait, bool notStreamed)
    {
        var saved = saving ?? NanoDollars.Zero;
        return new FlexSum(
            HasPrice || saving is not null, Requests + (mayWait ? 1 : 0), Cost + (mayWait ? cost : NanoDollars.Zero),
            Saving + (mayWait ? saved : NanoDollars.Zero), NotStreamed + (notStreamed ? saved : NanoDollars.Zero));
    }
}

internal readonly record struct PrioritySum(long Requests, NanoDollars Cost, NanoDollars Saving, IReadOnlyDictionary<DateOnly, NanoDollars>? ByDay)
{
    public PrioritySum With(NanoDollars cost, NanoDollars saving, DateTimeOffset at)
    {
        var days = ByDay as Dictionary<DateOnly, NanoDollars> ?? [];
        var day = DateOnly.FromDateTime(at.UtcDateTime);
        days[day] = days.GetValueOrDefault(day) + saving;
        return new PrioritySum(Requests + 1, Cost + cost, Saving + saving, days);
    }
}
