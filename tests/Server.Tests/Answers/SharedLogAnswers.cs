using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Server.Tests.Runs;
using Apex.Server.Tests.UsageLog;
using Apex.Testing;

namespace Apex.Server.Tests.Answers;

/// <summary>
/// One server with the shared logs as users bring them: each imported over HTTP by an account of its own, prices too, and asked in a
/// conversation. The traces name no model, so one is assumed at import; their money is labelled so.
/// </summary>
public sealed class SharedLogAnswers : IAsyncLifetime
{
    public const string AssumedModel = "claude-3-5-sonnet-20241022";

    private ApexTestServer _server = null!;

    internal HttpClient Aider { get; private set; } = null!;

    internal HttpClient Mooncake { get; private set; } = null!;

    internal HttpClient Azure { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApexTestServer.StartAsync(RunServer.WithRoom);
        Aider = await UserAsync(SharedData.AiderCalls, "");
        Mooncake = await UserAsync(SharedData.MooncakeConversation, $"?assumed_model={AssumedModel}");
        Azure = await UserAsync(SharedData.AzureCode, $"?assumed_model={AssumedModel}");
    }

    internal async Task<Told> AskAsync(HttpClient user, string question)
    {
        var thread = await user.NewThreadAsync();
        var run = (await user.AskAsync(thread.Id, question)).RunId;
        var events = await user.EventsToTheEndAsync(run);
        return new Told(Assert.IsType<AgentCompleted>(events[^1]).Result);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var user in new[] { Aider, Mooncake, Azure })
            user.Dispose();
        await _server.DisposeAsync();
    }

    private async Task<HttpClient> UserAsync(string log, string query)
    {
        var user = _server.As(await _server.RegisterAsync());
        foreach (var prices in new[] { SharedData.PriceHistory, SharedData.LiteLlmPrices })
            Assert.Equal(JobState.Completed, (await UsageApi.ImportAsync(user, await File.ReadAllBytesAsync(prices), Path.GetFileName(prices), "/api/usage/prices/import")).State);
        Assert.Equal(JobState.Completed, (await UsageApi.ImportAsync(user, log, query)).State);
        return user;
    }
}

[CollectionDefinition(Name)]
public sealed class SharedLogCollection : ICollectionFixture<SharedLogAnswers>
{
    public const string Name = "answers over the shared logs";
}
