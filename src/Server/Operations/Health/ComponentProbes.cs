using System.Buffers.Binary;
using Apex.Protocol.Ids;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Server.Operations.Health;

/// <summary>The probes of the server's own parts. Each does through the same doors what a user's request would do.</summary>
internal static class ComponentProbes
{
    /// <summary>Nobody's organisation and nobody's feed: what is written here is seen by no user.</summary>
    private const string Probe = "apex-health-probe";

    private const string Document = "health/probe";

    public static ComponentProbe StoreWrite(IDocumentStore documents, TimeProvider time) => new("store_write", Required: true, token =>
    {
        var stamp = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(stamp, time.GetUtcNow().Ticks);
        return documents.SaveAsync(Probe, Document, stamp, token).AsTask();
    });

    public static ComponentProbe StoreRead(IDocumentStore documents) => new("store_read", Required: true, token =>
        documents.FindAsync(Probe, Document, token).AsTask());

    public static ComponentProbe Feed(IFeed feed) => new("feed", Required: true, token =>
        feed.GetHeadAsync(UserId.From(Probe), token).AsTask());

    public static ComponentProbe UsageLog(IUsageLog log) => new("usage_log", Required: false, token =>
        log.GetExtentAsync(new TenantId(Probe), token));
}
