using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Server.Limits;

/// <summary>How many messages a user may send: a token bucket for the minute and a count for the month. Safe for concurrent use.</summary>
internal sealed class MessageLimiter(TierTable tiers, MonthlyMessages month, TimeProvider time)
{
    private readonly TokenBuckets<UserId> _buckets = new(time);

    /// <returns>Null when the message may pass; it is then counted.</returns>
    public Refusal? TryTake(UserId user, Tier tier)
    {
        var limits = tiers.For(tier);
        if (month.IsUsedUp(user, limits.MessagesPerMonth, out var nextMonth))
        {
            return Refused(
                $"All {limits.MessagesPerMonth:N0} messages of this month are used (limit messages_per_month of tier {TierTable.NameOf(tier)}).",
                nextMonth, "Wait for the next month.", tiers.Lifting(tier, static at => at.MessagesPerMonth));
        }

        if (_buckets.TryTake(user, limits.MessageBurst, limits.MessagesPerMinute / 60d) is { } wait)
        {
            return Refused(
                $"More than {limits.MessagesPerMinute} messages a minute " +
                $"(limit messages_per_minute of tier {TierTable.NameOf(tier)}, {limits.MessageBurst} at once).",
                wait, "Send the message again after the given time.", tiers.Lifting(tier, static at => at.MessagesPerMinute));
        }

        month.Count(user);
        return null;
    }

    /// <summary>How the limits of messages stand, without taking one.</summary>
    public IReadOnlyList<LimitView> Look(UserId user, Tier tier)
    {
        var limits = tiers.For(tier);
        var now = time.GetUtcNow();
        var minute = _buckets.Look(user);
        var (used, nextMonth) = month.Look(user);
        return
        [
            new LimitView(
                "messages_per_minute", limits.MessagesPerMinute, minute?.Left ?? limits.MessageBurst, now + minute?.UntilFull,
                tiers.Lifting(tier, static at => at.MessagesPerMinute)),
            new LimitView(
                "messages_per_month", limits.MessagesPerMonth, limits.MessagesPerMonth is { } most ? Math.Max(0, most - used) : null,
                used > 0 ? nextMonth : null, tiers.Lifting(tier, static at => at.MessagesPerMonth)),
        ];
    }

    private static Refusal Refused(string message, TimeSpan wait, string advice, string? lifting) => new(
        ErrorCode.RateLimited, lifting is null ? message : $"{message} {lifting}", ErrorSeverity.High, (long)Math.Ceiling(wait.TotalMilliseconds),
        lifting is null ? [advice] : [advice, "Ask an administrator for a higher tier."]);
}
