using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Storage.Documents;
using Apex.Usage.Import;

namespace Apex.Server.UsageLog;

/// <summary>A job as it was ordered: all that a later process needs to go on with it. Kept until the job has ended.</summary>
internal sealed record ImportOrder
{
    public required string JobId { get; init; }
    public required string OrganisationId { get; init; }

    /// <summary>Who asked, and sees the progress.</summary>
    public required string UserId { get; init; }

    public required ImportKind Kind { get; init; }
    public required string FileName { get; init; }
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>The file's place on this machine; null for what is generated.</summary>
    public string? Path { get; init; }

    /// <summary>The file came by upload and goes when the job has ended.</summary>
    public bool IsSpooled { get; init; }

    /// <summary>Size and last change of the file when it was ordered: by these a file that is another by now is known.</summary>
    public long FileBytes { get; init; }

    public DateTimeOffset? FileChangedAt { get; init; }

    /// <summary>How a usage log is read, as in <see cref="ImportRequest"/>.</summary>
    public string Format { get; init; } = ImportFormats.Auto;

    public string? Mapping { get; init; }
    public string? AssumedModel { get; init; }

    /// <summary>Since when a price map holds; null: as the file says.</summary>
    public DateTimeOffset? PricesFrom { get; init; }

    public int DemoSeed { get; init; }
    public int DemoDays { get; init; }

    /// <summary>Processes that began to work on it and did not get further than <see cref="RowsAtAttempt"/>.</summary>
    public int Attempts { get; init; }

    public long RowsAtAttempt { get; init; }

    /// <summary>With size and time of the file as it is now.</summary>
    public ImportOrder OfFile(string path, bool isSpooled)
    {
        var file = new FileInfo(path);
        return this with { Path = path, IsSpooled = isSpooled, FileBytes = file.Length, FileChangedAt = file.LastWriteTimeUtc };
    }

    /// <summary>Whether the file is the one that was ordered.</summary>
    public bool IsSameFile() =>
        Path is { } path && new FileInfo(path) is { Exists: true } file && file.Length == FileBytes && file.LastWriteTimeUtc == FileChangedAt?.UtcDateTime;
}

[JsonConverter(typeof(JsonStringEnumConverter<ImportKind>))]
internal enum ImportKind
{
    Usage,
    Prices,
    Demo,
}

/// <summary>The orders of all organisations whose jobs have not ended.</summary>
internal sealed class ImportOrders(IDocumentStore documents)
{
    private const string Owner = "apex-server";
    private const string Prefix = "imports/";

    public ValueTask SaveAsync(ImportOrder order, CancellationToken cancellationToken) => documents.SaveAsync(
        Owner, Prefix + order.JobId, JsonSerializer.SerializeToUtf8Bytes(order, ImportOrderJson.Default.ImportOrder), cancellationToken);

    public ValueTask RemoveAsync(string jobId, CancellationToken cancellationToken) =>
        documents.RemoveAsync(Owner, Prefix + jobId, cancellationToken);

    /// <summary>The earliest first.</summary>
    public async Task<IReadOnlyList<ImportOrder>> ListAsync(CancellationToken cancellationToken)
    {
        var orders = new List<ImportOrder>();
        foreach (var name in await documents.ListAsync(Owner, Prefix, cancellationToken))
        {
            if (await documents.FindAsync(Owner, name, cancellationToken) is { } json
                && JsonSerializer.Deserialize(json.Span, ImportOrderJson.Default.ImportOrder) is { } order)
                orders.Add(order);
        }

        return [.. orders.OrderBy(order => order.AcceptedAt).ThenBy(order => order.JobId, StringComparer.Ordinal)];
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ImportOrder))]
internal sealed partial class ImportOrderJson : JsonSerializerContext;
