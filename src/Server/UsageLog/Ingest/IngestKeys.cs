using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Apex.Server.Accounts;
using Apex.Storage.Documents;

namespace Apex.Server.UsageLog.Ingest;

/// <summary>
/// Keys for programs that send traces: they last until they are revoked, name their organisation, and can do nothing but add to its
/// log. Only a hash of each is kept. Safe for concurrent use.
/// </summary>
internal sealed class IngestKeys(IDocumentStore documents, TimeProvider clock) : IDisposable
{
    public const int MaxPerOrganisation = 100;
    public const int MaxNameCharacters = 100;

    private const string Prefix = "apxi";
    private const string DocumentName = "ingest-keys";
    private const int SecretBytes = 32;
    private const int MaxKeyCharacters = 512;
    private const int MaxKnownOrganisations = 1_024;

    private readonly ConcurrentDictionary<string, IngestKeyRecord[]> known = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim writing = new(1, 1);

    public async ValueTask<IReadOnlyList<IngestKeyRecord>> ListAsync(string organisationId, CancellationToken cancellationToken) =>
        await ReadAsync(organisationId, cancellationToken);

    /// <returns>The key, told this once; null when the organisation has as many as it may.</returns>
    public async ValueTask<(IngestKeyRecord Record, string Key)?> CreateAsync(
        Principal principal, string name, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7().ToString("N")[..16] + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        var record = new IngestKeyRecord(
            id, name, Convert.ToHexStringLower(SHA256.HashData(secret)), clock.GetUtcNow(), principal.User.Value);
        var added = await ChangeAsync(
            principal.OrganisationId, keys => keys.Length < MaxPerOrganisation ? [.. keys, record] : null, cancellationToken);
        var organisation = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(principal.OrganisationId));
        return added ? (record, $"{Prefix}.{organisation}.{id}.{Base64Url.EncodeToString(secret)}") : null;
    }

    /// <returns>False when there is no such key.</returns>
    public ValueTask<bool> RevokeAsync(string organisationId, string id, CancellationToken cancellationToken) =>
        ChangeAsync(organisationId, keys => Array.Exists(keys, key => key.Id == id) ? Array.FindAll(keys, key => key.Id != id) : null,
            cancellationToken);

    /// <returns>Whose log the key adds to; null when it is none of this server's.</returns>
    public async ValueTask<string?> FindOrganisationAsync(string key, CancellationToken cancellationToken)
    {
        var parts = key.Length <= MaxKeyCharacters ? key.Split('.') : [];
        if (parts is not [Prefix, var organisationPart, var id, var secretPart]
            || Decoded(organisationPart) is not { } organisationBytes || Decoded(secretPart) is not { } secret)
            return null;

        var organisationId = Encoding.UTF8.GetString(organisationBytes);
        if (organisationId.Length == 0)
            return null;
        var hash = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(secret)));
        foreach (var record in await ReadAsync(organisationId, cancellationToken))
        {
            if (record.Id == id && CryptographicOperations.FixedTimeEquals(hash, Encoding.ASCII.GetBytes(record.SecretHash)))
                return organisationId;
        }

        return null;
    }

    public void Dispose() => writing.Dispose();

    private static byte[]? Decoded(string text) => Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;

    private async ValueTask<bool> ChangeAsync(
        string organisationId, Func<IngestKeyRecord[], IngestKeyRecord[]?> change, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            if (change(await ReadAsync(organisationId, cancellationToken)) is not { } changed)
                return false;

            var json = JsonSerializer.SerializeToUtf8Bytes(changed, IngestKeyJson.Default.IngestKeyRecordArray);
            await documents.SaveAsync(organisationId, DocumentName, json, cancellationToken);
            known[organisationId] = changed;
            return true;
        }
        finally
        {
            writing.Release();
        }
    }

    private async ValueTask<IngestKeyRecord[]> ReadAsync(string organisationId, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(organisationId, out var keys))
            return keys;

        if (await documents.FindAsync(organisationId, DocumentName, cancellationToken) is not { } json)
            return [];
        keys = JsonSerializer.Deserialize(json.Span, IngestKeyJson.Default.IngestKeyRecordArray) ?? [];

        // A change may have put a newer list there meanwhile; that one holds.
        return known.Count < MaxKnownOrganisations ? known.GetOrAdd(organisationId, keys) : keys;
    }
}
