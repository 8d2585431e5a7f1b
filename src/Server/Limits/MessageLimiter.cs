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
                $"All {limits.MessagesPerMonth:N0} messages of this month are used (limit messages_per_month of tier {Name(tier)}).",
                nextMonth, "Wait for the next month.", "Ask an administrator for a higher tier.");
        }

        if (_buckets.TryTake(user, limits.MessageBurst, limits.MessagesPerMinute / 60d) is { } wait)
        {
            return Refused(
                $"More than {limits.MessagesPerMinute} messages a minute " +
                $"(limit messages_per_minute of tier {Name(tier)}, {limits.MessageBurst} at once).",
                wait, "Send the message again after the given time.", "Ask an administrator for a higher tier.");
        }

        month.Count(user);
        return null;
    }

    private static string Name(Tier tier) => tier.ToString().ToLowerInvariant();

    private static Refusal Refused(string message, TimeSpan wait, params string[] suggestions) => new(
        ErrorCode.RateLimited, message, ErrorSeverity.High, (long)Math.Ceiling(wait.TotalMilliseconds), suggestions);
}
