using Apex.Usage.Events;

namespace Apex.Usage.Tools.RetryWaste;

/// <summary>The attempts of one request so far; only the last of them decides what a next call is.</summary>
internal sealed class AttemptChain(UsageEvent first)
{
    public string FirstEventId { get; } = first.EventId;

    public DateTimeOffset StartedAt { get; } = first.StartedAt;

    public int Attempts { get; private set; } = 1;

    public UsageEvent Last { get; private set; } = first;

    public NanoDollars Waste { get; set; }

    public DateTimeOffset LastEnd => Last.EndedAt is { } end && end > Last.StartedAt ? end : Last.StartedAt;

    public bool LastFailed => IsFailure(Last);

    public static bool IsFailure(UsageEvent call) => call.Status is CallStatus.Error or CallStatus.Timeout;

    public void Extend(UsageEvent call)
    {
        Attempts++;
        Last = call;
    }

    public LongChain Shown() => new(FirstEventId, StartedAt, Attempts, !LastFailed, Waste.Dollars);
}
