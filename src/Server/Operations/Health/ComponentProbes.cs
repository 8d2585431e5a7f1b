using System.Buffers.Binary;
using Apex.Agents.Dependencies;
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

    /// <summary>Answers are computed without what tools ask outside: degraded, never not ready.</summary>
    public static ComponentProbe ToolDependencies(ToolDependencies dependencies) => new("tool_dependencies", Required: false, _ =>
    {
        var open = dependencies.Look().Where(one => one.IsOpen).Select(one => one.Name).ToArray();
        return open.Length == 0
            ? Task.CompletedTask
            : Task.FromException(new ComponentTroubleException(
                $"{string.Join(", ", open)} failed several times in a row; tools leave {(open.Length == 1 ? "it" : "them")} alone meanwhile."));
    });

    public static ComponentProbe UsageLog(IUsageLog log) => new("usage_log", Required: false, token =>
        log.GetExtentAsync(new TenantId(Probe), token));
}
