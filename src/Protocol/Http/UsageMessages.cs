using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Protocol.Reports;

namespace Apex.Protocol.Http;

/// <summary>Asks for a file that is on the server already: an upload in parts, or for the local owner one of the machine's own.</summary>
/// <param name="Format"><c>auto</c> or a format's name.</param>
/// <param name="UploadId">Of an upload that is whole; then there is no path.</param>
public sealed record ImportPathRequest(
    string? Path = null, string? Format = null, JsonElement? Mapping = null, string? AssumedModel = null, string? UploadId = null);

/// <summary>Opens an upload in parts.</summary>
/// <param name="Bytes">Of the whole file.</param>
public sealed record UploadRequest(string? FileName, long Bytes);

/// <param name="Offset">Bytes that are there; the next part begins here.</param>
public sealed record UploadView(string UploadId, long Offset, long Bytes);

public sealed record JobReply(string JobId);

/// <param name="Notes">What was assumed or left out, in sentences.</param>
public sealed record ImportJobView(
    string JobId,
    JobState State,
    string? FileName,
    string? Format,
    long RowsRead,
    long RowsStored,
    long RowsDuplicate,
    long RowsRejected,
    IReadOnlyList<RejectedRowView> Rejected,
    long BytesRead,
    long? BytesTotal,
    IReadOnlyDictionary<string, long> QualityFlags,
    DateTimeOffset? FirstStart,
    DateTimeOffset? LastStart,
    string? Error = null,
    IReadOnlyList<string>? Notes = null);

/// <summary>The newest jobs, the newest first.</summary>
public sealed record ImportJobList(IReadOnlyList<ImportJobView> Jobs);

/// <param name="Value">As read, cut to 200 characters.</param>
public sealed record RejectedRowView(long Line, string Field, string Value, string Reason);

[JsonConverter(typeof(SnakeCaseEnumConverter<JobState>))]
public enum JobState
{
    Queued,
    Running,
    Completed,
    Failed,
    Cancelled,
}

public sealed record ExtentView(long Rows, DateTimeOffset? FirstStart = null, DateTimeOffset? LastStart = null);

public sealed record DemoRequest(int? Seed = null, int? Days = null);

public sealed record ToolList(IReadOnlyList<ToolView> Tools);

public sealed record ToolView(string Name, string Number, string Purpose, JsonElement ArgumentsSchema);

/// <summary>The pictures of a result.</summary>
public sealed record ChartList(IReadOnlyList<Chart> Charts);

/// <param name="Revision">Changes whenever the organisation's log has new rows or new costs.</param>
public sealed record GrowthView(long Revision);

/// <summary>Asks for a key with which a program may send traces; the name tells it from others.</summary>
public sealed record IngestKeyRequest(string? Name);

/// <param name="Key">Told this once; only a hash of it is kept.</param>
public sealed record IngestKeyReply(string Id, string Name, string Key);

public sealed record IngestKeyList(IReadOnlyList<IngestKeyView> Keys);

public sealed record IngestKeyView(string Id, string Name, DateTimeOffset CreatedAt);

/// <param name="Names">Of the saved column mappings.</param>
public sealed record MappingList(IReadOnlyList<string> Names);
