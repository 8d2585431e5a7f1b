using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Protocol.Errors;
using Apex.Server.Accounts;
using Apex.Storage;
using Microsoft.Extensions.Options;

namespace Apex.Server.UsageLog;

/// <summary>
/// Uploads in parts. What arrived is on disk and counts, whatever became of the connection or of this process, so a sender asks how
/// far it came and goes on from there. One that nobody continued for a day is removed.
/// </summary>
internal sealed class ResumableUploads(ApexServerOptions server, IOptions<UsageLogOptions> options, TimeProvider clock)
{
    private const int MaxPerOrganisation = 8;
    private const int BufferBytes = 128 * 1024;
    private const int MaxNameCharacters = 255;
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    private readonly ConcurrentDictionary<string, bool> busy = new(StringComparer.Ordinal);
    private readonly Lock admission = new();

    private string Folder => Path.Combine(server.DataFolder, "uploads", "parts");

    public (UploadPart? Upload, Refusal? Refused) Create(Principal principal, string? fileName, long bytes)
    {
        var limit = options.Value.MaxUploadBytes;
        if (string.IsNullOrWhiteSpace(fileName) || fileName.Length > MaxNameCharacters)
            return (null, new Refusal(ErrorCode.InvalidArguments, $"file_name needs 1 to {MaxNameCharacters} characters."));
        if (bytes is < 1)
            return (null, new Refusal(ErrorCode.InvalidArguments, $"bytes is {bytes}; it needs the size of the file."));
        if (bytes > limit)
            return (null, new Refusal(ErrorCode.MessageTooLarge, $"The file is larger than {limit:N0} bytes (max_upload_bytes)."));

        lock (admission)
        {
            Directory.CreateDirectory(Folder);
            RemoveStale_NeedsLock();
            if (All().Count(part => part.OrganisationId == principal.OrganisationId) >= MaxPerOrganisation)
                return (null, new Refusal(ErrorCode.Busy, $"{MaxPerOrganisation} uploads of your organisation are open already; end one."));

            var upload = new UploadPart(
                "up_" + Guid.NewGuid().ToString("N"), principal.OrganisationId, Path.GetFileName(fileName), bytes, clock.GetUtcNow());
            File.WriteAllBytes(ContentPath(upload.Id), []);
            File.WriteAllBytes(AboutPath(upload.Id), JsonSerializer.SerializeToUtf8Bytes(upload, UploadPartJson.Default.UploadPart));
            return (upload, null);
        }
    }

    /// <returns>Null for an unknown upload and for another organisation's.</returns>
    public (UploadPart Upload, long Offset)? Find(string organisationId, string id)
    {
        if (!IsId(id) || !File.Exists(AboutPath(id)))
            return null;
        var upload = JsonSerializer.Deserialize(File.ReadAllBytes(AboutPath(id)), UploadPartJson.Default.UploadPart);
        return upload is not null && upload.OrganisationId == organisationId ? (upload, new FileInfo(ContentPath(id)).Length) : null;
    }

    /// <summary>Adds bytes where the last ended.</summary>
    /// <returns>How far the upload is now; or why nothing was taken.</returns>
    public async Task<(long Offset, Refusal? Refused)> AppendAsync(
        UploadPart upload, long offset, Stream content, CancellationToken cancellationToken)
    {
        if (!busy.TryAdd(upload.Id, true))
            return (0, new Refusal(ErrorCode.Busy, "Another request writes to this upload now.", RetryAfterMs: 500));
        try
        {
            await using var file = new FileStream(ContentPath(upload.Id), new FileStreamOptions
            {
                Mode = FileMode.Open, Access = FileAccess.Write, Options = FileOptions.Asynchronous, BufferSize = 0,
            });
            if (file.Length != offset)
                return (file.Length, new Refusal(ErrorCode.CursorInvalid, $"The upload is at {file.Length:N0}, not at {offset:N0}; go on from there."));

            file.Position = offset;
            var buffer = new byte[BufferBytes];
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                if (file.Position + read > upload.Bytes)
                    return (file.Position, new Refusal(ErrorCode.InvalidFile, $"More arrives than the {upload.Bytes:N0} bytes the upload was opened for."));
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            if (file.Position == upload.Bytes && server.Durability == Durability.PowerLoss)
                file.Flush(flushToDisk: true);
            return (file.Position, null);
        }
        finally
        {
            busy.TryRemove(upload.Id, out _);
        }
    }

    /// <summary>Hands a whole upload over to a job, under whose name its file stands from now on.</summary>
    /// <returns>The file's place.</returns>
    public string Take(UploadPart upload, string jobId)
    {
        var path = Path.Combine(server.DataFolder, "uploads", jobId);
        File.Move(ContentPath(upload.Id), path);
        File.Delete(AboutPath(upload.Id));
        return path;
    }

    public void Remove(UploadPart upload)
    {
        File.Delete(AboutPath(upload.Id));
        File.Delete(ContentPath(upload.Id));
    }

    /// <summary>Removes those that nobody went on with for a day.</summary>
    public void RemoveStale()
    {
        lock (admission)
            RemoveStale_NeedsLock();
    }

    private void RemoveStale_NeedsLock()
    {
        if (!Directory.Exists(Folder))
            return;
        foreach (var upload in All().Where(part => clock.GetUtcNow() - File.GetLastWriteTimeUtc(ContentPath(part.Id)) > Kept && !busy.ContainsKey(part.Id)).ToList())
            Remove(upload);
    }

    private IEnumerable<UploadPart> All() => Directory.EnumerateFiles(Folder, "*.json")
        .Select(file => JsonSerializer.Deserialize(File.ReadAllBytes(file), UploadPartJson.Default.UploadPart)).OfType<UploadPart>();

    private string ContentPath(string id) => Path.Combine(Folder, id);

    private string AboutPath(string id) => Path.Combine(Folder, id + ".json");

    /// <summary>Ids come from outside and become file names.</summary>
    private static bool IsId(string id) =>
        id.Length == 35 && id.StartsWith("up_", StringComparison.Ordinal) && id.Skip(3).All(char.IsAsciiHexDigitLower);
}

/// <summary>An upload under way.</summary>
internal sealed record UploadPart(string Id, string OrganisationId, string FileName, long Bytes, DateTimeOffset CreatedAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(UploadPart))]
internal sealed partial class UploadPartJson : JsonSerializerContext;
