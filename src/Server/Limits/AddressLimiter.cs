using System.Net;
using Apex.Protocol.Errors;

namespace Apex.Server.Limits;

/// <summary>How often one network address may try what needs no account: log-in, registration, refresh. Safe for concurrent use.</summary>
internal sealed class AddressLimiter(ApexServerOptions options, TimeProvider time)
{
    private readonly TokenBuckets<IPAddress> _buckets = new(time);

    /// <param name="address">Null (a local socket) shares one bucket.</param>
    /// <returns>Null when the attempt may pass.</returns>
    public Refusal? TryTake(IPAddress? address)
    {
        var perMinute = options.AttemptsPerMinutePerAddress;
        return _buckets.TryTake(ClientNetwork.Of(address), 2 * perMinute, perMinute / 60d) is { } wait
            ? new Refusal(
                ErrorCode.RateLimited,
                $"Too many attempts from this address (limit attempts_per_minute_per_address, {perMinute} a minute).",
                ErrorSeverity.High,
                (long)Math.Ceiling(wait.TotalMilliseconds),
                ["Try again after the given time."])
            : null;
    }
}
