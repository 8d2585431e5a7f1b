using Apex.Storage.Sqlite;

namespace Apex.Storage.Documents;

internal sealed class SqliteDocuments(SqliteReaders readers, SqliteWriter writer, TimeProvider time) : IDocumentStore
{
    private const int MostRemoved = 1_000;
    private const int MaxBytes = 64 * 1024 * 1024;

    public ValueTask<ReadOnlyMemory<byte>?> FindAsync(string organisationId, string name, CancellationToken cancellationToken) =>
        readers.ReadAsync<ReadOnlyMemory<byte>?>(
            session =>
            {
                using var query = session.Use("SELECT content, packed FROM documents WHERE organisation_id = ?1 AND name = ?2");
                return query.Bind(1, organisationId).Bind(2, name).Step()
                    ? new ReadOnlyMemory<byte>(query.Number(1) == 1 ? Packing.Unpack(query.Bytes(0)) : query.Bytes(0).ToArray())
                    : (ReadOnlyMemory<byte>?)null; // a bare null would become an empty document by way of byte[]
            },
            cancellationToken);

    public async ValueTask SaveAsync(
        string organisationId, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(organisationId);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (content.Length > MaxBytes)
            throw new ArgumentException($"The document {name} has {content.Length:N0} bytes; at most {MaxBytes:N0} are kept.", nameof(content));

        var packed = Packing.TryPack(content.Span);
        await writer.WriteAsync(
            session => session.Use(
                    """
                    INSERT INTO documents (organisation_id, name, content, saved_at, packed) VALUES (?1, ?2, ?3, ?4, ?5)
                    ON CONFLICT (organisation_id, name) DO UPDATE SET content = excluded.content, saved_at = excluded.saved_at, packed = excluded.packed
                    """)
                .Bind(1, organisationId).Bind(2, name).Bind(3, (packed ?? content).Span).Bind(4, time.GetUtcNow()).Bind(5, packed is null ? 0 : 1).Run(),
            cancellationToken);
    }

    public async ValueTask RemoveAsync(string organisationId, string name, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            session => session.Use("DELETE FROM documents WHERE organisation_id = ?1 AND name = ?2").Bind(1, organisationId).Bind(2, name).Run(),
            cancellationToken);

    public async ValueTask<long> RemoveOldAsync(string prefix, DateTimeOffset savedBefore, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        return await writer.WriteAsync(
            // In pieces, so that nobody who writes waits long; the index spares reading past contents.
            session => session.Use(
                    $"""
                    DELETE FROM documents WHERE rowid IN (
                        SELECT rowid FROM documents WHERE saved_at < ?1 AND substr(name, 1, length(?2)) = ?2 LIMIT {MostRemoved})
                    """)
                .Bind(1, savedBefore).Bind(2, prefix).Run(),
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<string>> ListAsync(string organisationId, string prefix, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<string>>(
            session =>
            {
                var names = new List<string>();
                using var query = session.Use(
                    "SELECT name FROM documents WHERE organisation_id = ?1 AND substr(name, 1, length(?2)) = ?2 ORDER BY name");
                query.Bind(1, organisationId).Bind(2, prefix);
                while (query.Step())
                    names.Add(query.Text(0));
                return names;
            },
            cancellationToken);
}
