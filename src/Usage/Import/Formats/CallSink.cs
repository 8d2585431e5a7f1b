using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Import.Formats;

/// <summary>Takes the calls that a format reads: prices and counts them, and keeps them until they are stored.</summary>
internal sealed class CallSink(ImportTally tally, PriceBook prices, RowCheck check)
{
    public RowCheck Check { get; } = check;

    /// <summary>Where the record under way begins, from 1.</summary>
    public long Line { get; set; }

    /// <summary>Taken and not yet fetched.</summary>
    public List<UsageEvent> Calls { get; private set; } = [];

    /// <summary>The next call of the record; what <see cref="Check"/> holds against it rejects it.</summary>
    public void Take(UsageEvent? call)
    {
        if (call is null || Check.Problem is not null)
        {
            tally.Reject(Line, Check);
        }
        else
        {
            call = call.PricedBy(prices);
            tally.Accept(call);
            Calls.Add(call);
        }

        Check.Clear();
    }

    public void Reject(string field, ReadOnlySpan<byte> value, string reason)
    {
        Check.Reject(field, value, reason);
        Take(null);
    }

    /// <summary>The record, or this part of it, is no call of a model.</summary>
    public void Skip() => tally.Skip();

    /// <summary>Hands over what was taken and begins anew.</summary>
    public List<UsageEvent> Fetch(int nextCapacity)
    {
        var taken = Calls;
        Calls = new List<UsageEvent>(nextCapacity);
        return taken;
    }
}
