namespace Apex.Storage.Documents;

/// <summary>
/// Named documents of an organisation that are read whole: imported prices, column mappings, import jobs. At most 64 MiB each.
/// </summary>
public interface IDocumentStore
{
    ValueTask<ReadOnlyMemory<byte>?> FindAsync(string organisationId, string name, CancellationToken cancellationToken);

    ValueTask SaveAsync(string organisationId, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<string>> ListAsync(string organisationId, string prefix, CancellationToken cancellationToken);
}
