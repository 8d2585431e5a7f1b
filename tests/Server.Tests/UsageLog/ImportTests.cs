using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Server.Tests.Runs;
using Apex.Server.UsageLog;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.UsageLog;

public sealed class ImportTests
{
    private const string TwoGoodOneBad = """
        time,model,in,out
        2026-01-01T00:00:00Z,gpt-4o,100,20
        2026-01-01T00:01:00Z,gpt-4o,-5,20
        2026-01-01T00:02:00Z,a-model-nobody-prices,7,3

        """;

    private const string Mapping =
        """{"name":"gateway","columns":{"ts_start":"time","request_model":"model","input_tokens":"in","output_tokens":"out"}}""";

    [Fact]
    public async Task The_real_aider_file_is_imported_whole_and_a_second_time_adds_nothing()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var lines = File.ReadLines(SharedData.AiderCalls).Count() - 1;

        var first = await UsageApi.ImportAsync(user, SharedData.AiderCalls, "?format=auto");
        var again = await UsageApi.ImportAsync(user, SharedData.AiderCalls);
        var extent = await user.GetAsync("/api/usage/extent", ApexJson.Default.ExtentView);

        Assert.Equal((JobState.Completed, null), (first.State, first.Error));
        Assert.Equal((lines, lines, 0L, 0L), (first.RowsRead, first.RowsStored, first.RowsDuplicate, first.RowsRejected));
        Assert.StartsWith("aider", first.Format, StringComparison.Ordinal);
        Assert.Equal(first.BytesTotal, first.BytesRead);
        Assert.NotEmpty(first.QualityFlags);
        Assert.Equal((lines, 0L, lines), (again.RowsRead, again.RowsStored, again.RowsDuplicate));
        Assert.Equal(new ExtentView(lines, first.FirstStart, first.LastStart), extent);
        Assert.Empty(Directory.GetFiles(Path.Combine(server.DataFolder, "uploads")));
    }

    [Fact]
    public async Task Bad_rows_are_told_by_line_field_value_and_reason_and_the_others_are_stored()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        using var reply = await UsageApi.UploadAsync(
            user, Encoding.UTF8.GetBytes(TwoGoodOneBad), "own.csv", "/api/usage/import", ("format", "csv"), ("mapping", Mapping));
        var job = await UsageApi.EndOfAsync(user, (await reply.ReadAsync(ApexJson.Default.JobReply)).JobId);

        Assert.Equal((3L, 2L, 1L), (job.RowsRead, job.RowsStored, job.RowsRejected));
        var rejected = Assert.Single(job.Rejected);
        Assert.Equal((3L, "in", "-5"), (rejected.Line, rejected.Field, rejected.Value));
        Assert.NotEmpty(rejected.Reason);
    }

    [Fact]
    public async Task A_saved_mapping_is_used_by_its_name_and_belongs_to_its_organisation()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());

        using var saved = await user.PutAsync("/api/usage/mappings/gateway", Json(Mapping));
        var job = await UsageApi.ImportTextAsync(user, TwoGoodOneBad, "own.csv", "?format=csv&mapping=gateway");
        var read = await user.GetStringAsync("/api/usage/mappings/gateway").Within();

        Assert.Equal(HttpStatusCode.NoContent, saved.StatusCode);
        Assert.Equal(2, job.RowsStored);
        Assert.Contains("\"gateway\"", read, StringComparison.Ordinal);
        await stranger.GetAsync("/api/usage/mappings/gateway").RefusedAsync(HttpStatusCode.NotFound);
        var wrong = await user.PutAsync("/api/usage/mappings/gateway", Json("""{"name":"gateway","columns":{}}"""))
            .RefusedAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Contains("ts_start", wrong.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_no_known_kind_fails_its_job_and_says_what_is_accepted()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var job = await UsageApi.ImportTextAsync(user, "just some words\nand more of them\n", "words.txt");

        Assert.Equal(JobState.Failed, job.State);
        Assert.Contains("Accepted are", job.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await user.GetAsync("/api/usage/extent", ApexJson.Default.ExtentView)).Rows);
    }

    [Fact]
    public async Task Broken_forms_are_refused_and_leave_nothing_behind()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var noForm = await user.PostAsync("/api/usage/import", new StringContent("a,b\n1,2\n")).RefusedAsync(HttpStatusCode.BadRequest);
        var noFile = await user.PostAsync("/api/usage/import", new MultipartFormDataContent { { new StringContent("x"), "format" } })
            .RefusedAsync(HttpStatusCode.UnprocessableEntity);
        var cutOff = await user.PostAsync("/api/usage/import", CutOff()).RefusedAsync(HttpStatusCode.BadRequest);
        var unknownFormat = await UsageApi.UploadAsync(user, [1, 2, 3], "a.csv", "/api/usage/import?format=parquet")
            .RefusedAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal(ErrorCode.InvalidMessage, noForm.Code);
        Assert.Equal(ErrorCode.InvalidFile, noFile.Code);
        Assert.Equal(ErrorCode.InvalidMessage, cutOff.Code);
        Assert.Equal("format", unknownFormat.Field);
        Assert.Empty(Directory.GetFiles(Path.Combine(server.DataFolder, "uploads")));
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused_with_the_limit()
    {
        await using var server = await ApexTestServer.StartAsync(
            configure: builder => builder.Services.Configure<UsageLogOptions>(options => options.MaxUploadBytes = 100_000));
        using var user = server.As(await server.RegisterAsync());

        var refused = await UsageApi.UploadAsync(user, new byte[100_001], "big.csv", "/api/usage/import")
            .RefusedAsync(HttpStatusCode.RequestEntityTooLarge);

        Assert.Equal(ErrorCode.MessageTooLarge, refused.Code);
        Assert.Contains("100,000", refused.Detail, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(server.DataFolder, "uploads")));
    }

    [Fact]
    public async Task An_upload_larger_than_other_bodies_may_be_is_taken()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var large = new StringBuilder("time,model,in,out\n");
        for (var i = 0; large.Length < 3_000_000; i++)
            large.Append("2026-01-01T00:00:00Z,gpt-4o,").Append(i).Append(",1\n");

        using var saved = await user.PutAsync("/api/usage/mappings/gateway", Json(Mapping));
        var job = await UsageApi.ImportTextAsync(user, large.ToString(), "large.csv", "?format=csv&mapping=gateway");

        Assert.Equal((JobState.Completed, null), (job.State, job.Error));
        Assert.True(job.RowsStored > 50_000);
    }

    [Fact]
    public async Task Only_an_administrator_on_this_machine_may_name_a_path()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var administrator = server.As(await server.LogInAsAdministratorAsync());
        var request = new ImportPathRequest(SharedData.AiderCalls);

        var refused = await PostPathAsync(user, request).RefusedAsync(HttpStatusCode.Forbidden);
        using var forwarded = new HttpRequestMessage(HttpMethod.Post, "/api/usage/import")
        {
            Content = JsonContent.Create(request, ApexJson.Default.ImportPathRequest),
        };
        forwarded.Headers.Add("X-Forwarded-For", "203.0.113.9");
        await administrator.SendAsync(forwarded).RefusedAsync(HttpStatusCode.Forbidden);
        var missing = await PostPathAsync(administrator, new ImportPathRequest("/no/such/file.csv"))
            .RefusedAsync(HttpStatusCode.UnprocessableEntity);
        using var taken = await PostPathAsync(administrator, request).Within();
        var job = await UsageApi.EndOfAsync(administrator, (await taken.ReadAsync(ApexJson.Default.JobReply)).JobId);

        Assert.Equal(ErrorCode.Forbidden, refused.Code);
        Assert.Equal("path", missing.Field);
        Assert.Equal((JobState.Completed, 5_563L), (job.State, job.RowsStored));
        Assert.True(File.Exists(SharedData.AiderCalls));
    }

    [Fact]
    public async Task The_demonstration_organisation_is_generated_once_and_says_so()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var jobs = new List<ImportJobView>();
        for (var i = 0; i < 2; i++)
        {
            using var reply = await user.PostAsJsonAsync(
                "/api/usage/demo", new DemoRequest(Seed: 3, Days: 10), ApexJson.Default.DemoRequest).Within();
            jobs.Add(await UsageApi.EndOfAsync(user, (await reply.ReadAsync(ApexJson.Default.JobReply)).JobId));
        }

        Assert.Equal((JobState.Completed, null), (jobs[0].State, jobs[0].Error));
        Assert.True(jobs[0].RowsStored > 1_000);
        Assert.Equal((0L, jobs[0].RowsStored), (jobs[1].RowsStored, jobs[1].RowsDuplicate));
        Assert.Contains(jobs[0].Notes!, note => note.Contains("generated", StringComparison.Ordinal));
        var refused = await user.PostAsJsonAsync("/api/usage/demo", new DemoRequest(Days: 0), ApexJson.Default.DemoRequest)
            .RefusedAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Equal("days", refused.Field);
    }

    [Fact]
    public async Task A_job_belongs_to_its_organisation()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        var job = await UsageApi.ImportAsync(user, SharedData.AiderCalls);

        await stranger.GetAsync($"/api/usage/imports/{job.JobId}").RefusedAsync(HttpStatusCode.NotFound);
        await stranger.DeleteAsync($"/api/usage/imports/{job.JobId}").RefusedAsync(HttpStatusCode.NotFound);
        var ended = await user.DeleteAsync($"/api/usage/imports/{job.JobId}").RefusedAsync(HttpStatusCode.Conflict);

        Assert.Equal(ErrorCode.AlreadyEnded, ended.Code);
        Assert.Equal(0, (await stranger.GetAsync("/api/usage/extent", ApexJson.Default.ExtentView)).Rows);
    }

    [Fact]
    public async Task A_job_cut_off_by_a_restart_says_so_and_an_ended_one_is_still_told()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        ImportJobView ended;
        using (var before = server.As(tokens))
            ended = await UsageApi.ImportAsync(before, SharedData.AiderCalls);
        var principal = await StartingRunsTests.PrincipalOfAsync(server, tokens);
        var cutOff = ended with { JobId = "job_cut_off", State = JobState.Running, RowsStored = 7 };
        await server.Services.GetRequiredService<IDocumentStore>().SaveAsync(
            principal.OrganisationId, "jobs/job_cut_off", JsonSerializer.SerializeToUtf8Bytes(cutOff, ApexJson.Default.ImportJobView),
            CancellationToken.None);

        await server.RestartAsync();
        using var after = server.As(tokens);
        var told = await after.GetAsync("/api/usage/imports/job_cut_off", ApexJson.Default.ImportJobView);

        Assert.Equal(JobState.Failed, told.State);
        Assert.Contains("Repeat it", told.Error, StringComparison.Ordinal);
        Assert.Equal(ended.RowsStored, (await after.GetAsync($"/api/usage/imports/{ended.JobId}", ApexJson.Default.ImportJobView)).RowsStored);
    }

    [Fact]
    public async Task The_owner_is_told_how_the_job_gets_on()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        var feed = server.Services.GetRequiredService<IFeed>();
        await feed.ReadAsync(new FeedRead(tokens.User.Id, 0, TransientAfter: 0), CancellationToken.None);
        using var watch = feed.Watch(tokens.User.Id, new Deaf());

        var job = await UsageApi.ImportAsync(user, SharedData.AiderCalls);
        var page = await feed.ReadAsync(new FeedRead(tokens.User.Id, 0, TransientAfter: 0), CancellationToken.None);

        var frame = Assert.IsType<Progress>(JsonSerializer.Deserialize(page.Transient[^1].Span, ApexJson.Default.ServerFrame));
        Assert.Equal((job.JobId, 100d), (frame.Subject, frame.Percentage));
    }

    private static Task<HttpResponseMessage> PostPathAsync(HttpClient user, ImportPathRequest request) =>
        user.PostAsJsonAsync("/api/usage/import", request, ApexJson.Default.ImportPathRequest);

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static ByteArrayContent CutOff()
    {
        var content = new ByteArrayContent(
            "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nhalf a fi"u8.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=xyz");
        return content;
    }

    private sealed class Deaf : IFeedWatcher
    {
        public void Wake()
        {
        }
    }
}
