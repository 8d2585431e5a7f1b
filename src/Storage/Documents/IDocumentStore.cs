namespace Apex.Storage.Documents;

/// <summary>
/// Named documents of an organisation that are read whole: imported prices, column mappings, import jobs. At most 64 MiB each.
/// </summary>
public interface IDocumentStore
{
    ValueTask<ReadOnlyMemory<byte>?> FindAsync(string organisationId, string name, CancellationToken cancellationToken);

    ValueTask SaveAsync(string organisationId, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Does nothing when there is none.</summary>
    ValueTask RemoveAsync(string organisationId, string name, CancellationToken cancellationToken);

    /// <summary>Removes documents of all organisations whose name begins so and that were last saved before a moment, 1,000 at most.</summary>
    /// <returns>How many were removed.</returns>
    ValueTask<long> RemoveOldAsync(string prefix, DateTimeOffset savedBefore, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<string>> ListAsync(string organisationId, string prefix, CancellationToken cancellationToken);
}
