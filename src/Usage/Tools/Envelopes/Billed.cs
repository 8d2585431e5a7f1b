using Apex.Usage.Events;

namespace Apex.Usage.Tools.Envelopes;

/// <summary>
/// What a call that brought nothing was charged: the lower of the recorded and the computed cost. Most vendors do not bill
/// failed calls, and a source that booked nothing for one is believed; a source that booked more than the price list is not.
/// </summary>
internal static class Billed
{
    public static NanoDollars Of(UsageEvent call)
    {
        var computed = call.CostEffective;
        if (call.CostRecorded is not { } recorded || call.CostRecordedCurrency is not (null or "USD"))
            return computed ?? NanoDollars.Zero;
        return computed is { } cost && cost < recorded ? cost : recorded < NanoDollars.Zero ? NanoDollars.Zero : recorded;
    }
}
