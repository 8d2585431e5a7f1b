using Apex.Storage.Sqlite;

namespace Apex.Storage.Documents;

internal sealed class SqliteDocuments(SqliteReaders readers, SqliteWriter writer, TimeProvider time) : IDocumentStore
{
    private const int MaxBytes = 64 * 1024 * 1024;

    public ValueTask<ReadOnlyMemory<byte>?> FindAsync(string organisationId, string name, CancellationToken cancellationToken) =>
        readers.ReadAsync<ReadOnlyMemory<byte>?>(
            session =>
            {
                using var query = session.Use("SELECT content FROM documents WHERE organisation_id = ?1 AND name = ?2");
                return query.Bind(1, organisationId).Bind(2, name).Step()
                    ? new ReadOnlyMemory<byte>(query.Bytes(0).ToArray())
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

        await writer.WriteAsync(
            session => session.Use(
                    """
                    INSERT INTO documents (organisation_id, name, content, saved_at) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT (organisation_id, name) DO UPDATE SET content = excluded.content, saved_at = excluded.saved_at
                    """)
                .Bind(1, organisationId).Bind(2, name).Bind(3, content.Span).Bind(4, time.GetUtcNow()).Run(),
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
