using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats;

/// <summary>Whose rows these are and where they come from: gives each its ids.</summary>
internal sealed class RowOrigin(TenantId tenant, string source)
{
    private readonly RowIdentity identity = new();

    public TenantId Tenant { get; } = tenant;

    public string Source { get; } = source;

    /// <summary>For rows without an id of their own.</summary>
    public (string EventId, string SourceId, bool IsRepeat) Identify(ReadOnlySpan<byte> row)
    {
        var sourceId = identity.Of(row, out var occurrence);
        return (EventId(sourceId), sourceId, occurrence > 1);
    }

    public string EventId(string sourceId) => UsageEventKey.EventId(Tenant, Source, sourceId);
}
