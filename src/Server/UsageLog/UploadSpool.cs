using Apex.Protocol.Errors;
using Apex.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Apex.Server.UsageLog;

/// <summary>
/// Takes uploaded files to the data folder as they arrive, so that a file of gigabytes costs a small buffer of memory and the
/// upload can end before the import does.
/// </summary>
internal sealed partial class UploadSpool(
    ApexServerOptions server, IOptions<UsageLogOptions> options, ILogger<UploadSpool> logger)
{
    private const int MaxFieldBytes = 256 * 1024;
    private const int MaxBoundaryCharacters = 200;
    private const int MaxFields = 16;
    private const long FramingBytes = 1024 * 1024;
    private const int BufferBytes = 128 * 1024;

    private string Folder => Path.Combine(server.DataFolder, "uploads");

    public Task OpenAsync()
    {
        Directory.CreateDirectory(Folder);
        return Task.CompletedTask;
    }

    /// <summary>Removes what an earlier process left behind and no job has need of.</summary>
    public void KeepOnly(ICollection<string> jobIds)
    {
        foreach (var left in Directory.EnumerateFiles(Folder))
        {
            if (!jobIds.Contains(Path.GetFileName(left)))
                File.Delete(left);
        }
    }

    /// <summary>Reads a multipart form with one part <c>file</c> and any text fields.</summary>
    public async Task<(Upload? Upload, Refusal? Refused)> ReceiveAsync(
        HttpContext http, string jobId, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) ||
            HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= MaxBoundaryCharacters } boundary)
        {
            return (null, new Refusal(
                ErrorCode.InvalidMessage, "The body must be multipart/form-data with a part named file."));
        }

        var limit = options.Value.MaxUploadBytes;
        if (http.Request.ContentLength > limit + FramingBytes)
            return (null, TooLarge(limit));
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
            bodySize.MaxRequestBodySize = limit + FramingBytes;

        var path = Path.Combine(Folder, jobId);
        try
        {
            var (upload, refused) = await ReadPartsAsync(new MultipartReader(boundary, http.Request.Body), path, limit, cancellationToken);
            if (upload is null)
                File.Delete(path);
            return (upload, refused);
        }
        catch (Exception fault)
        {
            File.Delete(path);
            if (Explain(fault, limit) is not { } refusal)
                throw;
            LogNotReceived(fault);
            return (null, refusal);
        }
    }

    private async Task<(Upload? Upload, Refusal? Refused)> ReadPartsAsync(
        MultipartReader reader, string path, long limit, CancellationToken cancellationToken)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        string? fileName = null;
        long bytes = 0;
        while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
        {
            if (section.GetContentDispositionHeader() is not { } disposition)
                continue;
            if (disposition.IsFileDisposition())
            {
                if (fileName is not null)
                    return (null, new Refusal(ErrorCode.InvalidFile, "The form has more than one file; import them one by one."));
                fileName = NameOf(disposition);
                bytes = await CopyAsync(section.Body, path, limit, cancellationToken);
                if (bytes > limit)
                    return (null, TooLarge(limit));
            }
            else if (fields.Count < MaxFields && HeaderUtilities.RemoveQuotes(disposition.Name).Value is { } name)
            {
                if (await ReadTextAsync(section.Body, cancellationToken) is not { } text)
                    return (null, new Refusal(ErrorCode.MessageTooLarge, $"A field of the form is larger than {MaxFieldBytes:N0} bytes."));
                fields[name] = text;
            }
        }

        return fileName is null
            ? (null, new Refusal(ErrorCode.InvalidFile, "The form has no part named file with a file name."))
            : (new Upload(path, fileName, bytes, fields), null);
    }

    private async Task<long> CopyAsync(Stream from, string path, long limit, CancellationToken cancellationToken)
    {
        await using var to = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
            BufferSize = 0,
        });
        var buffer = new byte[BufferBytes];
        long total = 0;
        int read;
        while (total <= limit && (read = await from.ReadAsync(buffer, cancellationToken)) > 0)
        {
            total += read;
            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        // An accepted import survives what commits survive, and so must its file.
        if (server.Durability == Durability.PowerLoss)
            to.Flush(flushToDisk: true);
        return total;
    }

    private static async Task<string?> ReadTextAsync(Stream from, CancellationToken cancellationToken)
    {
        using var text = new MemoryStream();
        var buffer = new byte[8 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (text.Length + read > MaxFieldBytes)
                return null;
            text.Write(buffer, 0, read);
        }

        return System.Text.Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    private static string NameOf(ContentDispositionHeaderValue disposition)
    {
        var given = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName);
        var name = Path.GetFileName((given.Value ?? "").Replace('\\', '/'));
        return name.Length is > 0 and <= 200 ? name : "upload";
    }

    private static Refusal? Explain(Exception fault, long limit) => fault switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge(limit),
        BadHttpRequestException or InvalidDataException =>
            new Refusal(ErrorCode.InvalidMessage, "The multipart body is malformed or too short."),
        IOException full when IsDiskFull(full) =>
            new Refusal(ErrorCode.StorageUnavailable, "The server has no room for the file.", ErrorSeverity.Critical, 60_000),
        IOException => new Refusal(ErrorCode.InvalidMessage, "The multipart body ended before its last boundary."),
        _ => null,
    };

    private static bool IsDiskFull(IOException fault) => (fault.HResult & 0xFFFF) is 28 or 112 or 39; // ENOSPC, ERROR_DISK_FULL

    private static Refusal TooLarge(long limit) => new(
        ErrorCode.MessageTooLarge, $"The file is larger than {limit:N0} bytes (max_upload_bytes).", ErrorSeverity.High,
        RecoverySuggestions: ["Pack the file with gzip.", "Split it by month.", "Import it on the server's machine by its path."]);

    [LoggerMessage(Level = LogLevel.Warning, Message = "An upload was not received.")]
    private partial void LogNotReceived(Exception exception);
}

/// <summary>A received file in the spool. Dispose removes it.</summary>
internal sealed record Upload(string Path, string FileName, long Bytes, IReadOnlyDictionary<string, string> Fields) : IDisposable
{
    public void Dispose() => File.Delete(Path);
}
