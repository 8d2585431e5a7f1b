using System.Text;

namespace Apex.Storage.TestKit;

/// <summary>What every store promises about documents of organisations.</summary>
public abstract class DocumentContract : StoreContract
{
    [Fact]
    public async Task A_document_is_the_last_that_was_saved_under_its_name_until_it_is_removed()
    {
        await SaveAsync("org_a", "mappings/one", "1");
        await SaveAsync("org_a", "mappings/one", "2");
        await SaveAsync("org_a", "mappings/two", "3");
        await SaveAsync("org_b", "mappings/one", "4");
        await ReopenAsync();

        await Store.Documents.RemoveAsync("org_a", "mappings/one", Token);
        await Store.Documents.RemoveAsync("org_a", "mappings/none", Token);

        Assert.Null(await FindAsync("org_a", "mappings/one"));
        Assert.Equal("4", await FindAsync("org_b", "mappings/one"));
        Assert.Equal(["mappings/two"], await Store.Documents.ListAsync("org_a", "mappings/", Token));
    }

    [Fact]
    public async Task A_large_document_is_read_back_byte_for_byte_whatever_replaced_it()
    {
        var text = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(row => $"{{\"row\":{row}}}\n")));
        var noise = new byte[50_000];
        new Random(1).NextBytes(noise);
        noise[0] = 1; // as what the store packs may begin

        foreach (var content in (byte[][])[text, noise, [1, 2, 3], text])
        {
            await Store.Documents.SaveAsync("organisation", "large", content, Token);
            Assert.Equal(content, (await Store.Documents.FindAsync("organisation", "large", Token))!.Value.ToArray());
        }
    }

    [Fact]
    public async Task Old_documents_go_by_the_beginning_of_their_name_and_nothing_else_does()
    {
        await SaveAsync("org_a", "jobs/1", "x");
        await SaveAsync("org_b", "jobs/2", "x");
        await SaveAsync("org_a", "jobsworth", "x");
        await SaveAsync("org_a", "mappings/1", "x");
        var later = TimeProvider.System.GetUtcNow().AddHours(1);

        Assert.Equal(0, await Store.Documents.RemoveOldAsync("jobs/", later.AddHours(-2), Token));
        Assert.Equal(2, await Store.Documents.RemoveOldAsync("jobs/", later, Token));
        Assert.Equal(0, await Store.Documents.RemoveOldAsync("jobs/", later, Token));
        Assert.Equal(["jobsworth", "mappings/1"], await Store.Documents.ListAsync("org_a", "", Token));
        Assert.Empty(await Store.Documents.ListAsync("org_b", "", Token));
    }

    private ValueTask SaveAsync(string organisation, string name, string text) =>
        Store.Documents.SaveAsync(organisation, name, Encoding.UTF8.GetBytes(text), Token);

    private async Task<string?> FindAsync(string organisation, string name) =>
        await Store.Documents.FindAsync(organisation, name, Token) is { } content ? Encoding.UTF8.GetString(content.Span) : null;
}
