using System.Net;
using Apex.Testing;

namespace Apex.Server.Tests.Operations;

public sealed class PageTests : IDisposable
{
    private readonly TemporaryFolder _page = new();

    public PageTests()
    {
        File.WriteAllText(_page.File("index.html"), "<!doctype html><title>the page</title>");
        Directory.CreateDirectory(_page.File("assets"));
        File.WriteAllText(_page.File("assets/app-123.js"), "export {};");
        File.WriteAllText(_page.File("mark.svg"), "<svg/>");
        File.WriteAllText(_page.File(".hidden"), "hidden");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/threads/thread_1")]
    [InlineData("/index.html")]
    public async Task Every_route_of_the_page_shows_it_under_a_strict_policy(string path)
    {
        await using var server = await StartAsync();

        using var reply = await server.Http.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.StartsWith("text/html", reply.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        Assert.Contains("the page", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("no-cache", reply.Headers.CacheControl?.ToString());
        var policy = Assert.Single(reply.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_named_by_their_content_are_kept_for_ever_and_others_are_asked_for_again()
    {
        await using var server = await StartAsync();

        using var named = await server.Http.GetAsync("/assets/app-123.js");
        using var other = await server.Http.GetAsync("/mark.svg");
        using var again = new HttpRequestMessage(HttpMethod.Get, "/mark.svg");
        again.Headers.IfNoneMatch.Add(other.Headers.ETag!);
        using var unchanged = await server.Http.SendAsync(again);

        Assert.Contains("immutable", named.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.Equal("text/javascript", named.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-cache", other.Headers.CacheControl?.ToString());
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Theory]
    [InlineData("/assets/missing.js")]
    [InlineData("/.hidden")]
    [InlineData("/..%2fapex.db")]
    [InlineData("/%2e%2e/apex.db")]
    [InlineData("/api/missing")]
    [InlineData("/auth/missing")]
    public async Task What_is_no_file_of_the_page_and_no_call_is_not_found(string path)
    {
        await using var server = await StartAsync();

        using var reply = await server.Http.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, reply.StatusCode);
        await reply.ProblemAsync();
    }

    [Fact]
    public async Task Server_without_its_page_says_how_to_build_it()
    {
        await using var server = await ApexTestServer.StartAsync();

        using var reply = await server.Http.GetAsync("/");

        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Contains("npm run build", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    public void Dispose() => _page.Dispose();

    private Task<ApexTestServer> StartAsync() => ApexTestServer.StartAsync(options => new ApexServerOptions
    {
        DataFolder = options.DataFolder,
        Port = 0,
        PageFolder = _page.Path,
    });
}
