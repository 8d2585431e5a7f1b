using Apex.Usage.Events;

namespace Apex.Usage.Tools.BatchableShare;

/// <summary>A candidate that waits until it is known whether another call depended on it and whether it came in a burst.</summary>
internal sealed class PendingCall(UsageEvent call, BatchPrice price)
{
    public string EventId { get; } = call.EventId;

    public DateTimeOffset StartedAt { get; } = call.StartedAt;

    public DateTimeOffset EndedAt { get; } = call.EndedAt is { } end && end > call.StartedAt ? end : call.StartedAt;

    public BatchPrice Price { get; } = price;

    public bool IsAwaited { get; set; }

    public bool IsInBurst { get; set; }
}

/// <param name="Saving">Null when the model has no batch price.</param>
internal readonly record struct BatchPrice(NanoDollars Cost, NanoDollars? Saving);
