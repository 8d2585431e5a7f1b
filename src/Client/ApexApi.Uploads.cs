using Apex.Protocol;
using Apex.Protocol.Http;

namespace Apex.Client;

/// <summary>Uploads in parts, for files so large that a broken connection must not cost what was sent.</summary>
public sealed partial class ApexApi
{
    private const int PartBytes = 16 * 1024 * 1024;
    private const int Attempts = 8;
    private const string UploadsPath = "/api/usage/uploads";

    /// <summary>Uploads a usage log in parts, goes on where a connection broke, and starts its import.</summary>
    /// <param name="content">Seekable; read from its beginning.</param>
    /// <param name="clock">For the waits between attempts, a second doubling to a minute.</param>
    public async Task<JobReply> ImportInPartsAsync(
        Stream content, string fileName, IReadOnlyDictionary<string, string> parameters, TimeProvider clock, CancellationToken cancellationToken)
    {
        var upload = await PostAsync(
            UploadsPath, new UploadRequest(fileName, content.Length), ApexJson.Default.UploadRequest, ApexJson.Default.UploadView,
            cancellationToken).ConfigureAwait(false);
        for (var faults = 0; upload.Offset < upload.Bytes;)
        {
            try
            {
                upload = await SendPartAsync(upload, content, cancellationToken).ConfigureAwait(false);
                faults = 0;
            }
            catch (Exception broken) when (IsPassing(broken) && ++faults < Attempts)
            {
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(60, 1 << (faults - 1))), clock, cancellationToken).ConfigureAwait(false);
                upload = await FindAsync(upload, cancellationToken).ConfigureAwait(false);
            }
        }

        return await PostAsync(
            "/api/usage/import",
            new ImportPathRequest(
                Format: parameters.GetValueOrDefault("format"), AssumedModel: parameters.GetValueOrDefault("assumed_model"), UploadId: upload.UploadId),
            ApexJson.Default.ImportPathRequest, ApexJson.Default.JobReply, cancellationToken).ConfigureAwait(false);
    }

    private async Task<UploadView> SendPartAsync(UploadView upload, Stream content, CancellationToken cancellationToken)
    {
        var part = new byte[Math.Min(PartBytes, upload.Bytes - upload.Offset)];
        content.Position = upload.Offset;
        await content.ReadExactlyAsync(part, cancellationToken).ConfigureAwait(false);
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"{UploadsPath}/{Escape(upload.UploadId)}") { Content = new ByteArrayContent(part) };
        request.Headers.Add("Upload-Offset", upload.Offset.ToString(System.Globalization.CultureInfo.InvariantCulture));
        using var reply = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(reply, ApexJson.Default.UploadView, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How far the server has it; where it is still away, as far as was known.</summary>
    private async Task<UploadView> FindAsync(UploadView upload, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync($"{UploadsPath}/{Escape(upload.UploadId)}", ApexJson.Default.UploadView, cancellationToken).ConfigureAwait(false);
        }
        catch (ServerUnreachableException)
        {
            return upload;
        }
    }

    private static bool IsPassing(Exception fault) =>
        fault is ServerUnreachableException or ApexRequestException { Status: >= 500 or 409 or 400 };
}
