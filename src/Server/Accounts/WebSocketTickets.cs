using System.Buffers.Text;
using System.Security.Cryptography;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Server.Accounts;

/// <summary>
/// One-use entries to <c>/ws</c> for clients that can set no header. Kept in memory: a restart voids them, as it does the sockets.
/// Safe for concurrent use.
/// </summary>
internal sealed class WebSocketTickets(SessionRevocations revocations, TimeProvider time)
{
    public const int MinTtlSeconds = 30;
    public const int DefaultTtlSeconds = 300;
    public const int MaxTtlSeconds = 3_600;

    /// <summary>Unused tickets a user may have; one more voids the oldest.</summary>
    private const int MaxPerUser = 100;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Ticket> _tickets = [];
    private readonly Dictionary<UserId, Queue<string>> _byUser = [];

    /// <param name="ttl">30 seconds to an hour.</param>
    /// <param name="address">Of <c>/ws</c> as the asking client reaches it.</param>
    public TicketReply Issue(Principal principal, TimeSpan ttl, Uri address)
    {
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (!_byUser.TryGetValue(principal.User, out var issued))
                _byUser[principal.User] = issued = [];
            DropOld_NeedsLock(issued, now);
            issued.Enqueue(id);
            _tickets[id] = new Ticket(principal, now + ttl);
        }

        return new TicketReply(id, now + ttl, new UriBuilder(address) { Query = "ticket=" + id }.Uri.ToString());
    }

    /// <returns>Who it was issued to; null for a ticket that is unknown, used, expired or of an ended session.</returns>
    public Principal? Redeem(string ticket)
    {
        Ticket? found;
        lock (_lock)
        {
            if (!_tickets.Remove(ticket, out found))
                return null;
            if (_byUser.TryGetValue(found.Principal.User, out var issued) && issued.All(id => !_tickets.ContainsKey(id)))
                _byUser.Remove(found.Principal.User);
        }

        return found.ExpiresAt > time.GetUtcNow() && !revocations.IsRevoked(found.Principal.SessionId) ? found.Principal : null;
    }

    private void DropOld_NeedsLock(Queue<string> issued, DateTimeOffset now)
    {
        while (issued.TryPeek(out var oldest)
            && (issued.Count >= MaxPerUser || !_tickets.TryGetValue(oldest, out var ticket) || ticket.ExpiresAt <= now))
        {
            issued.Dequeue();
            _tickets.Remove(oldest);
        }
    }

    private sealed record Ticket(Principal Principal, DateTimeOffset ExpiresAt);
}
