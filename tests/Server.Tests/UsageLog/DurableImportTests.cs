using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Operations;
using Apex.Server.Tests.Runs;
using Apex.Server.Tests.Runs.Sweep;
using Apex.Server.UsageLog;
using Apex.Storage.Accounts;
using Apex.Storage.Documents;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.UsageLog;

/// <summary>An import that was accepted is done, whatever becomes of the process.</summary>
public sealed class DurableImportTests : IDisposable
{
    private const int Rows = 25_000;
    private const int BatchRows = 10_000;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_in_the_middle_an_import_goes_on_by_itself_and_stores_every_row_once()
    {
        await using var webhook = await WebhookReceiver.StartAsync();
        TokenReply tokens;
        string jobId;
        await using (var first = await CrashingServer.StartAsync(_folder.Path, webhook.Address, importBatches: 1))
        {
            using var http = new HttpClient { BaseAddress = first.Address };
            using var registered = await http.PostAsJsonAsync(
                "/auth/register", new RegisterRequest(Some.Email(), Some.Password), ApexJson.Default.RegisterRequest).Within();
            tokens = await registered.ReadAsync(ApexJson.Default.TokenReply);
            using var user = As(first.Address, tokens);
            using var accepted = await UsageApi.UploadAsync(user, Packed(Calls()), "calls.jsonl.gz", "/api/usage/import").Within();
            jobId = (await accepted.ReadAsync(ApexJson.Default.JobReply)).JobId;
            await first.ImportStopped.Within();
            var running = await user.GetAsync($"/api/usage/imports/{jobId}", ApexJson.Default.ImportJobView);
            Assert.Equal((JobState.Running, BatchRows), (running.State, running.RowsStored));
            await first.KillAsync();
        }

        await using var second = await CrashingServer.StartAsync(_folder.Path, webhook.Address);
        using var after = As(second.Address, tokens);
        var ended = await UsageApi.EndOfAsync(after, jobId);
        var extent = await after.GetAsync("/api/usage/extent", ApexJson.Default.ExtentView);

        Assert.True(ended.State == JobState.Completed, second.Output + ended.Error);
        Assert.Equal((Rows, Rows - 1, 0, 1), (ended.RowsRead, ended.RowsStored, ended.RowsDuplicate, ended.RowsRejected));
        Assert.Equal(Rows - 1, extent.Rows);
        Assert.Contains(ended.Notes!, note => note.StartsWith("The server stopped while this was worked on", StringComparison.Ordinal));
        await Eventually.HoldsAsync(
            () => Task.FromResult(!Directory.EnumerateFiles(Path.Combine(_folder.Path, "uploads")).Any()), "the spooled file is gone");
    }

    [Fact]
    public async Task Imports_that_wait_when_the_server_stops_in_good_order_are_done_by_the_next()
    {
        await using var server = await ApexTestServer.StartAsync(
            configure: builder => builder.Services.Configure<UsageLogOptions>(options => options.ImportsAtOnce = 1));
        var tokens = await server.RegisterAsync();
        var jobs = new List<string>();
        using (var user = server.As(tokens))
        {
            for (var i = 0; i < 4; i++)
            {
                using var accepted = await UsageApi.UploadAsync(user, Calls(2_000, $"file{i}"), $"calls{i}.jsonl", "/api/usage/import").Within();
                jobs.Add((await accepted.ReadAsync(ApexJson.Default.JobReply)).JobId);
            }
        }

        await server.RestartAsync();
        using var again = server.As(tokens);
        using var stranger = server.As(await server.RegisterAsync());
        foreach (var job in jobs)
        {
            var ended = await UsageApi.EndOfAsync(again, job);
            Assert.True(ended.State == JobState.Completed, ended.Error);
            Assert.Equal((1_999, 0), (ended.RowsStored, ended.RowsDuplicate));
        }

        var listed = await again.GetAsync("/api/usage/imports", ApexJson.Default.ImportJobList);
        Assert.Equal(jobs.OrderDescending(StringComparer.Ordinal), listed.Jobs.Select(job => job.JobId));
        Assert.Empty((await stranger.GetAsync("/api/usage/imports", ApexJson.Default.ImportJobList)).Jobs);
    }

    [Fact]
    public async Task An_import_that_brought_the_server_down_three_times_without_getting_further_is_given_up()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        var file = Path.Combine(server.DataFolder, "uploads", "job_poison");
        await File.WriteAllBytesAsync(file, Calls(10));
        var orders = server.Services.GetRequiredService<ImportOrders>();
        await orders.SaveAsync(
            new ImportOrder
            {
                JobId = "job_poison", OrganisationId = await OrganisationOfAsync(server, tokens), UserId = tokens.User.Id.Value,
                Kind = ImportKind.Usage, FileName = "calls.jsonl", AcceptedAt = TimeProvider.System.GetUtcNow(), Attempts = 3,
            }.OfFile(file, isSpooled: true),
            CancellationToken.None);

        await server.RestartAsync();
        using var again = server.As(tokens);
        var ended = await UsageApi.EndOfAsync(again, "job_poison");

        Assert.Equal(JobState.Failed, ended.State);
        Assert.Contains("stopped 3 times", ended.Error, StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => Task.FromResult(!File.Exists(file)), "the spooled file is gone");
    }

    [Fact]
    public async Task What_became_of_an_import_is_forgotten_when_its_time_is_over()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await ApexTestServer.StartAsync(
            configure: builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        var job = await UsageApi.ImportAsync(user, Calls(10), "calls.jsonl", "/api/usage/import");
        var organisation = await OrganisationOfAsync(server, tokens);

        Assert.NotNull(await AfterAsync(TimeSpan.FromDays(399)));
        Assert.Null(await AfterAsync(TimeSpan.FromDays(2)));

        // The clock moves while the server is stopped: its timers would tick through every second of a year.
        async Task<ReadOnlyMemory<byte>?> AfterAsync(TimeSpan time)
        {
            await server.StopAsync();
            clock.Advance(time);
            await server.StartAgainAsync();
            await server.Services.GetRequiredService<DocumentKeeper>().TrimAsync(CancellationToken.None);
            return await server.Services.GetRequiredService<IDocumentStore>().FindAsync(organisation, $"jobs/{job.JobId}", CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_saved_mapping_can_be_deleted_by_its_organisation_alone()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        using var saved = await user.PutAsync(
            "/api/usage/mappings/gateway",
            new StringContent("""{"name":"gateway","columns":{"ts_start":"at","input_tokens":"in","output_tokens":"out"}}""", Encoding.UTF8, "application/json")).Within();
        Assert.True(saved.IsSuccessStatusCode);

        await stranger.DeleteAsync("/api/usage/mappings/gateway").RefusedAsync(HttpStatusCode.NotFound);
        using var deleted = await user.DeleteAsync("/api/usage/mappings/gateway").Within();

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Empty((await user.GetAsync("/api/usage/mappings", ApexJson.Default.MappingList)).Names);
        await user.DeleteAsync("/api/usage/mappings/gateway").RefusedAsync(HttpStatusCode.NotFound);
    }

    private static async Task<string> OrganisationOfAsync(ApexTestServer server, TokenReply tokens) =>
        (await server.Services.GetRequiredService<IAccountStore>().FindUserAsync(tokens.User.Id, CancellationToken.None))!.OrganisationId;

    /// <summary>LiteLLM's spend log; one row is bad.</summary>
    private static byte[] Calls(int rows = Rows, string prefix = "r")
    {
        var text = new StringBuilder();
        var first = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < rows; i++)
            text.Append($$"""{"request_id":"{{prefix}}{{i}}","startTime":"{{(i == 5 ? "never" : first.AddSeconds(i).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"))}}","model":"gpt-4o","prompt_tokens":{{i}},"completion_tokens":1}""").Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static byte[] Packed(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return packed.ToArray();
    }

    private static HttpClient As(Uri address, TokenReply tokens)
    {
        var client = new HttpClient { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken);
        return client;
    }
}
