using System.Net;
using System.Net.Http.Json;
using System.Text;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Server.Tests.Runs;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Threads;

public sealed class ThreadTests
{
    [Fact]
    public async Task A_thread_is_made_renamed_and_archived_and_each_is_told_to_every_device()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);

        var thread = await user.NewThreadAsync("  Kosten März 💸  ");
        using var renamed = await user.PatchAsJsonAsync(
            $"/api/threads/{thread.Id}", new RenameThreadRequest("April"), ApexJson.Default.RenameThreadRequest);
        using var archived = await user.DeleteAsync($"/api/threads/{thread.Id}");
        using var archivedAgain = await user.DeleteAsync($"/api/threads/{thread.Id}");

        Assert.Equal("Kosten März 💸", thread.Title);
        Assert.Equal("April", (await renamed.ReadAsync(ApexJson.Default.ThreadView)).Title);
        Assert.True((await archived.ReadAsync(ApexJson.Default.ThreadView)).Archived);
        Assert.Equal(HttpStatusCode.OK, archivedAgain.StatusCode);
        Assert.Empty((await user.GetAsync("/api/threads", ApexJson.Default.ThreadPage)).Threads);
        Assert.True((await user.GetAsync($"/api/threads/{thread.Id}", ApexJson.Default.ThreadView)).Archived);
        var page = await server.Services.GetRequiredService<IFeed>().ReadAsync(new FeedRead(tokens.User.Id, 0), CancellationToken.None);
        Assert.Equal(
            [EventTypes.ThreadCreated, EventTypes.ThreadRenamed, EventTypes.ThreadArchived], page.Entries.Select(entry => entry.Type));
    }

    [Fact]
    public async Task Threads_come_in_pages_without_a_gap_or_a_double()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());
        var made = new List<string>();
        for (var i = 0; i < 25; i++)
            made.Add((await user.NewThreadAsync($"Thread {i}")).Id.Value);

        var read = new List<string>();
        string? cursor = null;
        do
        {
            var page = await user.GetAsync(
                "/api/threads?limit=10" + (cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor)), ApexJson.Default.ThreadPage);
            read.AddRange(page.Threads.Select(thread => thread.Id.Value));
            cursor = page.Next;
        }
        while (cursor is not null);

        // Threads made within one millisecond may change places.
        Assert.Equal(made.Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_foreign_thread_answers_like_a_missing_one()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var owner = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        var thread = await owner.NewThreadAsync("Mine");

        foreach (var id in new[] { thread.Id.Value, "thread_unknown" })
        {
            await stranger.GetAsync($"/api/threads/{id}").RefusedAsync(HttpStatusCode.NotFound);
            await stranger.GetAsync($"/api/threads/{id}/messages").RefusedAsync(HttpStatusCode.NotFound);
            await stranger.GetAsync($"/api/threads/{id}/export").RefusedAsync(HttpStatusCode.NotFound);
            await stranger.GetAsync($"/api/threads/{id}/validate").RefusedAsync(HttpStatusCode.NotFound);
            await stranger.DeleteAsync($"/api/threads/{id}").RefusedAsync(HttpStatusCode.NotFound);
            await stranger.PatchAsJsonAsync($"/api/threads/{id}", new RenameThreadRequest("Yours"), ApexJson.Default.RenameThreadRequest)
                .RefusedAsync(HttpStatusCode.NotFound);
        }

        Assert.Equal("Mine", (await owner.GetAsync($"/api/threads/{thread.Id}", ApexJson.Default.ThreadView)).Title);
    }

    [Theory]
    [InlineData("/api/threads?cursor=nonsense", ErrorCode.CursorInvalid, HttpStatusCode.BadRequest)]
    [InlineData("/api/threads?limit=101", ErrorCode.InvalidArguments, HttpStatusCode.UnprocessableEntity)]
    [InlineData("/api/threads?limit=0", ErrorCode.InvalidArguments, HttpStatusCode.UnprocessableEntity)]
    public async Task A_bad_page_is_refused(string path, ErrorCode code, HttpStatusCode status)
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());

        Assert.Equal(code, (await user.GetAsync(path).RefusedAsync(status)).Code);
    }

    [Theory]
    [InlineData("   ")]
    [InlineData(null)]
    public async Task A_thread_is_not_renamed_to_nothing(string? title)
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync("Something");

        var refused = await user.PatchAsJsonAsync(
            $"/api/threads/{thread.Id}", new RenameThreadRequest(title), ApexJson.Default.RenameThreadRequest)
            .RefusedAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Contains("200", refused.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_is_exported_as_json_and_as_markdown_in_reading_order()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync("Exported");
        foreach (var question in new[] { "One", "Two" })
            await user.EventsToTheEndAsync((await user.AskAsync(thread.Id, question)).RunId);

        var json = await user.GetAsync($"/api/threads/{thread.Id}/export?format=json", ApexJson.Default.JsonElement);
        var markdown = await user.GetStringAsync($"/api/threads/{thread.Id}/export?format=markdown").Within();

        Assert.Equal("Exported", json.GetProperty("thread").GetProperty("title").GetString());
        Assert.Equal(
            ["One", "Answer to: One", "Two", "Answer to: Two"],
            json.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("content").GetString()));
        Assert.StartsWith("# Exported\n", markdown, StringComparison.Ordinal);
        Assert.True(
            markdown.IndexOf("Answer to: One", StringComparison.Ordinal) < markdown.IndexOf("Answer to: Two", StringComparison.Ordinal));
        await user.GetAsync($"/api/threads/{thread.Id}/export?format=pdf").RefusedAsync(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Existing_clients_create_and_validate_threads()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());

        using var reply = await user.PostAsync(
            "/api/threads/create",
            new StringContent("""{"source":"agent_cli","environment":"local","client_version":"1.0.0"}""", Encoding.UTF8, "application/json"));
        var created = await reply.ReadAsync(ApexJson.Default.JsonElement);
        var id = created.GetProperty("thread_id").GetString();
        var valid = await user.GetAsync($"/api/threads/{id}/validate", ApexJson.Default.JsonElement);

        Assert.Equal(id, created.GetProperty("id").GetString());
        Assert.Equal("""{"valid":true}""", valid.GetRawText());
    }

    [Fact]
    public async Task Nobody_gets_in_without_a_token()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());

        foreach (var path in new[] { "/api/threads", "/api/runs/run_1", "/api/usage/extent", "/api/usage/tools", "/api/usage/events?ids=a" })
            await server.Http.GetAsync(path).RefusedAsync(HttpStatusCode.Unauthorized);
    }
}
