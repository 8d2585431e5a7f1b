using Apex.Protocol.Errors;
using Apex.Protocol.Ids;
using Apex.Testing;

namespace Apex.Client.Tests;

public sealed class ApexApiTests
{
    [Fact]
    public async Task A_refusal_carries_the_servers_code_status_and_sentence()
    {
        await using var server = await ApexTestServer.StartAsync();
        var api = new ApexApi(server.Http);

        var refused = await Assert.ThrowsAsync<ApexRequestException>(
            () => api.LogInAsync("nobody@example.com", "wrong password", CancellationToken.None));

        Assert.Equal((ErrorCode.InvalidCredentials, 401), (refused.Code, refused.Status));
        Assert.NotEmpty(refused.Message);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_apart_from_one_that_refuses()
    {
        using var http = new HttpClient { BaseAddress = new Uri("http://127.0.0.1:9") };

        var nobody = await Assert.ThrowsAsync<ServerUnreachableException>(
            () => new ApexApi(http).LogInAsync("a@example.com", "b", CancellationToken.None));

        Assert.Contains("http://127.0.0.1:9", nobody.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_of_an_earlier_process_are_refreshed_once_for_many_calls()
    {
        await using var server = await ApexTestServer.StartAsync();
        var account = await server.RegisterAsync();
        var refreshed = 0;
        using var credentials = Credentials.FromRefreshToken(
            account.RefreshToken, account.User, refreshed: _ => Interlocked.Increment(ref refreshed));
        var api = new ApexApi(server.Http, credentials);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => api.ListThreadsAsync(null, CancellationToken.None)));

        Assert.Equal(1, refreshed);
    }

    [Fact]
    public async Task A_foreign_run_is_not_found()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var credentials = new Credentials(await server.RegisterAsync());
        var api = new ApexApi(server.Http, credentials);

        var missing = await Assert.ThrowsAsync<ApexRequestException>(
            () => api.GetRunAsync(new RunId("of somebody else"), CancellationToken.None));

        Assert.Equal((ErrorCode.NotFound, 404), (missing.Code, missing.Status));
    }
}
