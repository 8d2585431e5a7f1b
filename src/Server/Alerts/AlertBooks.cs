using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Storage.Documents;

namespace Apex.Server.Alerts;

/// <summary>Each organisation's rules and what they found, kept as one document; and which organisations have any.</summary>
internal sealed class AlertBooks(IDocumentStore documents) : IDisposable
{
    private const string Book = "alerts";

    /// <summary>No organisation's id: ids of organisations hold no colon.</summary>
    private const string Everybody = "server:alerts";

    private const string Organisations = "organisations";
    private static readonly AlertList Empty = new([], []);

    private readonly SemaphoreSlim _writing = new(1, 1);

    public async ValueTask<AlertList> GetAsync(string organisationId, CancellationToken cancellationToken) =>
        await documents.FindAsync(organisationId, Book, cancellationToken) is { } json
            ? JsonSerializer.Deserialize(json.Span, ApexJson.Default.AlertList) ?? Empty
            : Empty;

    /// <returns>The book as stored; the same when <paramref name="change"/> gives back what it got.</returns>
    public async ValueTask<AlertList> ChangeAsync(
        string organisationId, Func<AlertList, AlertList> change, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            var held = await GetAsync(organisationId, cancellationToken);
            var next = change(held);
            if (ReferenceEquals(next, held))
                return held;
            // Named before its rules are stored: an organisation without rules costs a look, rules nobody looks at would be silent.
            await NameAsync(organisationId, cancellationToken);
            await documents.SaveAsync(
                organisationId, Book, JsonSerializer.SerializeToUtf8Bytes(next, ApexJson.Default.AlertList), cancellationToken);
            return next;
        }
        finally
        {
            _writing.Release();
        }
    }

    public async ValueTask<IReadOnlyList<string>> ListOrganisationsAsync(CancellationToken cancellationToken) =>
        await documents.FindAsync(Everybody, Organisations, cancellationToken) is { } json
            ? JsonSerializer.Deserialize(json.Span, ApexJson.Default.IReadOnlyListString) ?? []
            : [];

    public void Dispose() => _writing.Dispose();

    private async ValueTask NameAsync(string organisationId, CancellationToken cancellationToken)
    {
        var named = await ListOrganisationsAsync(cancellationToken);
        if (named.Contains(organisationId, StringComparer.Ordinal))
            return;
        IReadOnlyList<string> all = [.. named, organisationId];
        await documents.SaveAsync(
            Everybody, Organisations, JsonSerializer.SerializeToUtf8Bytes(all, ApexJson.Default.IReadOnlyListString), cancellationToken);
    }
}
