using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations.Bridge;

/// <summary>The record of what went wrong, when, and how it ended. Kept over restarts; written when the store takes it again.</summary>
internal sealed partial class BridgeIncidents(IDocumentStore documents, ILogger<BridgeIncidents> logger)
{
    private const int MaxKept = 50;

    /// <summary>Nobody's organisation: what the server keeps for itself.</summary>
    private const string Own = "apex-operations";

    private const string Document = "bridge";

    private readonly Lock _gate = new();
    private readonly List<BridgeIncident> _kept = [];
    private BridgeIncident? _open;

    /// <summary>The latest first, with one that lasts.</summary>
    public IReadOnlyList<BridgeIncident> Latest
    {
        get
        {
            lock (_gate)
                return [.. _kept.Append(_open).OfType<BridgeIncident>().Reverse()];
        }
    }

    /// <summary>Notes that something is wrong, or goes on to be.</summary>
    /// <returns>Whether that is new, or of another part than before.</returns>
    public bool Open(string part, string reason, DateTimeOffset now, int attempts, bool gaveUp)
    {
        lock (_gate)
        {
            var isNew = _open is null || _open.Part != part;
            if (isNew && _open is { } other)
                Keep_NeedsLock(other with { Ended = now });
            _open = (isNew || _open is null ? new BridgeIncident(part, reason, now) : _open) with
            {
                Attempts = attempts, GaveUp = gaveUp || (!isNew && _open!.GaveUp),
            };
            return isNew;
        }
    }

    /// <returns>What has ended by that; null when nothing was wrong.</returns>
    public BridgeIncident? Close(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_open is not { } open)
                return null;
            _open = null;
            var over = open with { Ended = now };
            Keep_NeedsLock(over);
            return over;
        }
    }

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await documents.FindAsync(Own, Document, cancellationToken) is not { } stored)
                return;
            var record = JsonSerializer.Deserialize(stored.Span, ApexJson.Default.BridgeRecord);
            lock (_gate)
                _kept.InsertRange(0, (record?.Incidents ?? []).Except(_kept));
        }
        catch (Exception exception) when (exception is StorageUnavailableException or JsonException)
        {
            LogNotKept(exception);
        }
    }

    public async Task SaveAsync(CancellationToken cancellationToken)
    {
        try
        {
            BridgeRecord record;
            lock (_gate)
                record = new BridgeRecord([.. _kept]);
            await documents.SaveAsync(
                Own, Document, JsonSerializer.SerializeToUtf8Bytes(record, ApexJson.Default.BridgeRecord), cancellationToken);
        }
        catch (StorageUnavailableException unavailable)
        {
            // It is saved with the next one; until then it stands in the log.
            LogNotKept(unavailable);
        }
    }

    private void Keep_NeedsLock(BridgeIncident incident)
    {
        _kept.Add(incident);
        if (_kept.Count > MaxKept)
            _kept.RemoveAt(0);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The record of the bridge's incidents could not be read or kept")]
    private partial void LogNotKept(Exception exception);
}
