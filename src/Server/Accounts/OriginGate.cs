using System.Net;
using Apex.Protocol.Errors;
using Apex.Server.Limits;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Apex.Server.Accounts;

/// <summary>
/// Turns away pages of origins that are not listed, over HTTP and at <c>/ws</c>. An address whose browsers keep coming with such pages is
/// shut out for a while: its foreign pages only, for the visitor of a hostile page must not lose the listed ones. Safe for concurrent use.
/// </summary>
internal sealed partial class OriginGate(OriginPolicy policy, TimeProvider time, ILogger<OriginGate> log)
{
    /// <summary>Refusals an address may earn at once, and again in <see cref="Forgets"/>, before it is shut out.</summary>
    public const int Offences = 20;

    /// <summary>After this time without a further offence all is forgotten.</summary>
    public static readonly TimeSpan Forgets = TimeSpan.FromMinutes(10);

    private readonly TokenBuckets<IPAddress> _offenders = new(time);

    /// <param name="origin">All <c>Origin</c> headers of the request.</param>
    /// <param name="address">From where it comes; asked for only when it is refused.</param>
    /// <returns>Null when the request may pass.</returns>
    public Refusal? Refuse(StringValues origin, Func<IPAddress?> address)
    {
        if (policy.Allows(origin))
            return null;

        var network = ClientNetwork.Of(address());
        if (_offenders.TryTake(network, Offences, Offences / Forgets.TotalSeconds) is { } wait)
        {
            return new Refusal(
                ErrorCode.RateLimited,
                $"Pages of origins that are not allowed came from this address more than {Offences} times; they are shut out for a while.",
                ErrorSeverity.High,
                (long)Math.Ceiling(wait.TotalMilliseconds),
                ["Open the page at an address that is allowed (setting allowed_origins)."]);
        }

        LogForeign(log, network, origin.Count == 1 ? Shortened(origin[0]!) : "several origins");
        return new Refusal(
            ErrorCode.OriginNotAllowed,
            origin.Count > 1
                ? "The request names several origins."
                : $"Pages of {Shortened(origin[0]!)} may not call this server (setting allowed_origins).",
            ErrorSeverity.High);
    }

    private static string Shortened(string origin) => origin.Length <= 200 ? origin : origin[..200] + "…";

    [LoggerMessage(Level = LogLevel.Warning, Message = "A page of {Origin}, which is not allowed, called from {Network}")]
    private static partial void LogForeign(ILogger log, IPAddress network, string origin);
}
