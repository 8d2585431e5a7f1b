using System.Net;
using System.Net.Http.Json;
using System.Text;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Tests.Runs;
using Apex.Server.UsageLog;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.UsageLog;

/// <summary>Uploads in parts, which go on where they broke off.</summary>
public sealed class UploadTests
{
    [Fact]
    public async Task An_upload_goes_on_where_it_broke_off_over_a_restart_and_is_imported_by_its_id()
    {
        var file = await File.ReadAllBytesAsync(SharedData.AiderCalls);
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        string id;
        using (var before = server.As(tokens))
        {
            id = (await OpenAsync(before, "calls.csv", file.Length)).UploadId;
            await PartAsync(before, id, 0, file[..100_000]);
        }

        await server.RestartAsync();
        using var user = server.As(tokens);
        var half = await user.GetAsync($"/api/usage/uploads/{id}", ApexJson.Default.UploadView);
        var early = await ImportAsync(user, id).RefusedAsync(HttpStatusCode.UnprocessableEntity);
        var whole = await PartAsync(user, id, half.Offset, file[(int)half.Offset..]);
        using var taken = await ImportAsync(user, id).Within();
        var job = await UsageApi.EndOfAsync(user, (await taken.ReadAsync(ApexJson.Default.JobReply)).JobId);

        Assert.Equal((100_000, file.Length), (half.Offset, whole.Offset));
        Assert.Contains("100,000 bytes of", early.Detail, StringComparison.Ordinal);
        Assert.Equal((JobState.Completed, 5_563L, "calls.csv"), (job.State, job.RowsStored, job.FileName));
        Assert.Empty(Directory.GetFiles(Path.Combine(server.DataFolder, "uploads"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_part_that_does_not_begin_where_the_last_ended_is_refused_and_changes_nothing()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var upload = await OpenAsync(user, "a.csv", 10);
        await PartAsync(user, upload.UploadId, 0, "abc"u8.ToArray());

        var wrong = await SendPartAsync(user, upload.UploadId, 5, "x"u8.ToArray()).RefusedAsync(HttpStatusCode.BadRequest);
        var tooMuch = await SendPartAsync(user, upload.UploadId, 3, new byte[8]).RefusedAsync(HttpStatusCode.UnprocessableEntity);
        await user.PatchAsync($"/api/usage/uploads/{upload.UploadId}", new ByteArrayContent([1])).RefusedAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal("The upload is at 3, not at 5; go on from there.", wrong.Detail);
        Assert.Contains("10 bytes", tooMuch.Detail, StringComparison.Ordinal);
        Assert.Equal(3, (await user.GetAsync($"/api/usage/uploads/{upload.UploadId}", ApexJson.Default.UploadView)).Offset);
    }

    [Fact]
    public async Task An_upload_belongs_to_its_organisation_and_can_be_given_up()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        var path = $"/api/usage/uploads/{(await OpenAsync(user, "a.csv", 10)).UploadId}";

        await stranger.GetAsync(path).RefusedAsync(HttpStatusCode.NotFound);
        await stranger.DeleteAsync(path).RefusedAsync(HttpStatusCode.NotFound);
        using var removed = await user.DeleteAsync(path);
        await user.GetAsync(path).RefusedAsync(HttpStatusCode.NotFound);
        await user.GetAsync("/api/usage/uploads/..%2F..%2Fapex.db").RefusedAsync(HttpStatusCode.NotFound);

        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
    }

    [Fact]
    public async Task Size_and_number_of_uploads_are_bounded()
    {
        await using var server = await ApexTestServer.StartAsync(
            configure: builder => builder.Services.Configure<UsageLogOptions>(options => options.MaxUploadBytes = 1_000));
        using var user = server.As(await server.RegisterAsync());

        var large = await SendOpenAsync(user, "a.csv", 1_001).RefusedAsync(HttpStatusCode.RequestEntityTooLarge);
        await SendOpenAsync(user, "a.csv", 0).RefusedAsync(HttpStatusCode.UnprocessableEntity);
        for (var i = 0; i < 8; i++)
            await OpenAsync(user, "a.csv", 10);
        var many = await SendOpenAsync(user, "a.csv", 10).RefusedAsync(HttpStatusCode.Conflict);

        Assert.Contains("1,000 bytes", large.Detail, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.Busy, many.Code);
    }

    private static async Task<UploadView> OpenAsync(HttpClient user, string name, long bytes)
    {
        using var reply = await SendOpenAsync(user, name, bytes).Within();
        return await reply.ReadAsync(ApexJson.Default.UploadView);
    }

    private static Task<HttpResponseMessage> SendOpenAsync(HttpClient user, string name, long bytes) =>
        user.PostAsJsonAsync("/api/usage/uploads", new UploadRequest(name, bytes), ApexJson.Default.UploadRequest);

    private static async Task<UploadView> PartAsync(HttpClient user, string id, long offset, byte[] part)
    {
        using var reply = await SendPartAsync(user, id, offset, part).Within();
        return await reply.ReadAsync(ApexJson.Default.UploadView);
    }

    private static async Task<HttpResponseMessage> SendPartAsync(HttpClient user, string id, long offset, byte[] part)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/api/usage/uploads/{id}") { Content = new ByteArrayContent(part) };
        request.Headers.Add("Upload-Offset", offset.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return await user.SendAsync(request);
    }

    private static Task<HttpResponseMessage> ImportAsync(HttpClient user, string id) => user.PostAsync(
        "/api/usage/import", new StringContent($$"""{"upload_id":"{{id}}"}""", Encoding.UTF8, "application/json"));
}
