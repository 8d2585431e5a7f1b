using System.Text;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Tests.Runs;
using Apex.Testing;

namespace Apex.Server.Tests.UsageLog;

/// <summary>Uploads and jobs as a client does them.</summary>
internal static class UsageApi
{
    public static Task<ImportJobView> ImportAsync(HttpClient user, string path, string query = "") =>
        ImportAsync(user, File.ReadAllBytes(path), Path.GetFileName(path), "/api/usage/import" + query);

    public static Task<ImportJobView> ImportTextAsync(HttpClient user, string text, string fileName, string query = "") =>
        ImportAsync(user, Encoding.UTF8.GetBytes(text), fileName, "/api/usage/import" + query);

    public static async Task<ImportJobView> ImportAsync(HttpClient user, byte[] content, string fileName, string address)
    {
        using var reply = await UploadAsync(user, content, fileName, address).Within();
        var job = await reply.ReadAsync(ApexJson.Default.JobReply);
        return await EndOfAsync(user, job.JobId);
    }

    public static async Task<HttpResponseMessage> UploadAsync(
        HttpClient user, byte[] content, string fileName, string address, params (string Name, string Value)[] fields)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(content), "file", fileName } };
        foreach (var (name, value) in fields)
            form.Add(new StringContent(value), name);
        return await user.PostAsync(address, form);
    }

    public static async Task<ImportJobView> EndOfAsync(HttpClient user, string jobId)
    {
        ImportJobView? view = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                view = await user.GetAsync($"/api/usage/imports/{jobId}", ApexJson.Default.ImportJobView);
                return view.State is JobState.Completed or JobState.Failed or JobState.Cancelled;
            },
            $"the job {jobId} has ended");
        return view!;
    }
}
