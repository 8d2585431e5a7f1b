using Apex.Usage.DuckDb;
using Apex.Usage.Import;

namespace Apex.Server.UsageLog;

/// <summary>A usage log on disk, opened as an import reads it: Parquet as the table it is, everything else byte by byte.</summary>
internal static class ImportFile
{
    private const int BufferBytes = 128 * 1024;

    /// <returns>The content, and the request as it holds for it: a Parquet file's table has commas and no known size.</returns>
    public static async Task<(Stream Content, ImportRequest Request)> OpenAsync(
        string path, ImportRequest request, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Open,
            Access = FileAccess.Read,
            Share = FileShare.Read,
            Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
            BufferSize = BufferBytes,
        });
        var head = new byte[ParquetTable.Magic.Length];
        var read = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        if (!head.AsSpan(0, read).SequenceEqual(ParquetTable.Magic))
        {
            file.Position = 0;
            return (file, request with { TotalBytes = file.Length });
        }

        await file.DisposeAsync();
        var mapping = request.Mapping is { } own ? own with { Delimiter = "," } : null;
        return (await ParquetTable.OpenAsCsvAsync(path, cancellationToken), request with { TotalBytes = null, Mapping = mapping });
    }
}
