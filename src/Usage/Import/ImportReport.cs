namespace Apex.Usage.Import;

/// <summary>What an import found and did. Read = stored + duplicate + rejected.</summary>
public sealed record ImportReport
{
    /// <summary>The format that was recognised, with its shape, for instance <c>litellm (JSON array)</c>.</summary>
    public required string Format { get; init; }

    public bool Gzip { get; init; }
    public long RowsRead { get; init; }
    public long RowsStored { get; init; }

    /// <summary>Rows that an earlier import had stored.</summary>
    public long RowsDuplicate { get; init; }

    public long RowsRejected { get; init; }

    /// <summary>Records that are no calls of a model, for instance the user's lines of a chat; they do not count as read.</summary>
    public long RowsSkipped { get; init; }

    /// <summary>The first 100.</summary>
    public IReadOnlyList<RejectedRow> Rejected { get; init; } = [];

    /// <summary>Bytes taken from the content as sent, before unpacking.</summary>
    public long BytesRead { get; init; }

    /// <summary>First and last start among the rows that were not rejected; null without any.</summary>
    public DateTimeOffset? FirstStart { get; init; }

    public DateTimeOffset? LastStart { get; init; }

    /// <summary>Rows by flag, quality and price flags alike, among the rows that were not rejected.</summary>
    public IReadOnlyDictionary<string, long> QualityFlags { get; init; } = new Dictionary<string, long>();

    /// <summary>What was assumed because the format does not tell it, in sentences.</summary>
    public IReadOnlyList<string> Assumptions { get; init; } = [];
}

/// <param name="Line">Line of the file where the row begins, from 1; of a JSON array as well.</param>
/// <param name="Field">Column or property that is wrong; <c>row</c> when it is the row as a whole.</param>
/// <param name="Value">As it stands in the file, cut at 200 characters; empty when missing.</param>
public sealed record RejectedRow(long Line, string Field, string Value, string Reason);

/// <param name="BytesRead">Of the content as sent.</param>
/// <param name="TotalBytes">As the request told it.</param>
public sealed record ImportProgress(
    long BytesRead, long? TotalBytes, long RowsRead, long RowsStored, long RowsDuplicate, long RowsRejected);
