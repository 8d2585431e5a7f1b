using System.Collections.Concurrent;
using System.Text.Json;
using Apex.Agents.Tools;
using Apex.Storage.Documents;
using Apex.Usage.Prices;

namespace Apex.Server.UsageLog;

/// <summary>
/// The price book of each organisation: the built-in prices with what it imported, its own models and its contract's discounts. Books
/// are immutable and swapped whole. Few organisations use one server, so each book stays in memory once it was asked for, up to a
/// bound.
/// </summary>
internal sealed class OrganisationPriceBooks(IDocumentStore documents) : IPriceBooks, IDisposable
{
    private const string PricesName = "prices";
    private const string DiscountsName = "price-discounts";
    private const int MaxKept = 256;

    private readonly ConcurrentDictionary<string, PriceBook> books = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim writing = new(1, 1);

    public ValueTask<PriceBook> GetAsync(string organisationId, CancellationToken cancellationToken) =>
        books.TryGetValue(organisationId, out var book)
            ? ValueTask.FromResult(book)
            : LoadAsync(organisationId, cancellationToken);

    /// <summary>Adds imported rows to the organisation's book and stores it before anyone uses it.</summary>
    public ValueTask<PriceBook> AddAsync(
        string organisationId, IReadOnlyList<PriceRow> rows, CancellationToken cancellationToken) =>
        ChangeAsync(organisationId, book => book.With(rows), cancellationToken);

    /// <summary>Sets the price of a model of its own, in place of what it had said for the same moment.</summary>
    public ValueTask<PriceBook> SetOwnAsync(string organisationId, PriceRow own, CancellationToken cancellationToken) => ChangeAsync(
        organisationId,
        book => Without(book, row => IsOwn(row, own.Model) && row.EffectiveFrom == own.EffectiveFrom).With([own]), cancellationToken);

    /// <summary>Forgets what it had said itself of a model's price.</summary>
    public ValueTask<PriceBook> ForgetOwnAsync(string organisationId, string model, CancellationToken cancellationToken) =>
        ChangeAsync(organisationId, book => Without(book, row => IsOwn(row, model)), cancellationToken);

    public ValueTask<PriceBook> SetDiscountsAsync(
        string organisationId, IReadOnlyList<ContractDiscount> discounts, CancellationToken cancellationToken) =>
        ChangeAsync(organisationId, book => book.WithDiscounts(discounts), cancellationToken);

    public void Dispose() => writing.Dispose();

    private static bool IsOwn(PriceRow row, string model) => row.Source == OwnPrice.Source && row.Model == model;

    private static PriceBook Without(PriceBook book, Func<PriceRow, bool> goes) =>
        PriceBook.Builtin.With(book.Rows.Where(row => !row.BuiltIn && !goes(row))).WithDiscounts(book.Discounts);

    private async ValueTask<PriceBook> ChangeAsync(
        string organisationId, Func<PriceBook, PriceBook> change, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            var before = await GetAsync(organisationId, cancellationToken);
            var book = change(before);
            var imported = book.Rows.Where(row => !row.BuiltIn).ToList();
            await documents.SaveAsync(organisationId, PricesName, PriceRows.Serialize(imported), cancellationToken);
            if (book.Discounts.Count > 0 || before.Discounts.Count > 0)
            {
                var discounts = JsonSerializer.SerializeToUtf8Bytes(book.Discounts, PriceJson.Default.IReadOnlyListContractDiscount);
                await documents.SaveAsync(organisationId, DiscountsName, discounts, cancellationToken);
            }

            Keep(organisationId, book);
            return book;
        }
        finally
        {
            writing.Release();
        }
    }

    private async ValueTask<PriceBook> LoadAsync(string organisationId, CancellationToken cancellationToken)
    {
        var rows = await documents.FindAsync(organisationId, PricesName, cancellationToken);
        var discounts = await documents.FindAsync(organisationId, DiscountsName, cancellationToken);
        var book = rows is { } rowJson ? PriceBook.Builtin.With(PriceRows.Deserialize(rowJson.Span)) : PriceBook.Builtin;
        if (discounts is { } discountJson)
            book = book.WithDiscounts(JsonSerializer.Deserialize(discountJson.Span, PriceJson.Default.IReadOnlyListContractDiscount) ?? []);

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
