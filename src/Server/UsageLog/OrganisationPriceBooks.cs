using System.Collections.Concurrent;
using Apex.Agents.Tools;
using Apex.Storage.Documents;
using Apex.Usage.Prices;

namespace Apex.Server.UsageLog;

/// <summary>
/// The price book of each organisation: the built-in prices with what it imported. Books are immutable and swapped whole. Few
/// organisations use one server, so each book stays in memory once it was asked for, up to a bound.
/// </summary>
internal sealed class OrganisationPriceBooks(IDocumentStore documents) : IPriceBooks, IDisposable
{
    private const string DocumentName = "prices";
    private const int MaxKept = 256;

    private readonly ConcurrentDictionary<string, PriceBook> books = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim writing = new(1, 1);

    public ValueTask<PriceBook> GetAsync(string organisationId, CancellationToken cancellationToken) =>
        books.TryGetValue(organisationId, out var book)
            ? ValueTask.FromResult(book)
            : LoadAsync(organisationId, cancellationToken);

    /// <summary>Adds imported rows to the organisation's book and stores it before anyone uses it.</summary>
    public async ValueTask<PriceBook> AddAsync(
        string organisationId, IReadOnlyList<PriceRow> rows, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            var book = (await GetAsync(organisationId, cancellationToken)).With(rows);
            var imported = book.Rows.Where(row => !row.BuiltIn).ToList();
            await documents.SaveAsync(organisationId, DocumentName, PriceRows.Serialize(imported), cancellationToken);
            Keep(organisationId, book);
            return book;
        }
        finally
        {
            writing.Release();
        }
    }

    public void Dispose() => writing.Dispose();

    private async ValueTask<PriceBook> LoadAsync(string organisationId, CancellationToken cancellationToken)
    {
        var stored = await documents.FindAsync(organisationId, DocumentName, cancellationToken);
        var book = stored is { } json ? PriceBook.Builtin.With(PriceRows.Deserialize(json.Span)) : PriceBook.Builtin;
        // An import may have swapped in a newer book meanwhile; that one holds.
        return books.Count < MaxKept ? books.GetOrAdd(organisationId, book) : book;
    }

    private void Keep(string organisationId, PriceBook book)
    {
        if (books.Count >= MaxKept && !books.ContainsKey(organisationId))
            books.Clear();
        books[organisationId] = book;
    }
}
