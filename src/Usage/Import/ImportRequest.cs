namespace Apex.Usage.Import;

/// <summary>What is to be imported and how it is to be read.</summary>
public sealed record ImportRequest
{
    /// <summary>Only for messages and tags; the format is told by the content.</summary>
    public required string FileName { get; init; }

    /// <summary>One of <see cref="ImportFormats.Names"/>.</summary>
    public string Format { get; init; } = ImportFormats.Auto;

    /// <summary>How a CSV of one's own is read; needed by the format <c>csv</c>.</summary>
    public ColumnMapping? Mapping { get; init; }

    /// <summary>Model of rows whose source names none, for instance the Azure trace; each such row says it is assumed.</summary>
    public string? AssumedModel { get; init; }

    /// <summary>Moment that offsets of the Mooncake trace count from; the trace itself names none.</summary>
    public DateTimeOffset BaseTime { get; init; } = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Name under which the log keeps how far the import has come; with the same name and content a second one goes on behind the last
    /// batch of the first. Null keeps nothing.
    /// </summary>
    public string? ImportId { get; init; }

    /// <summary>Moment that starts later than a day after are refused by; null: now. An import that goes on must judge as it began.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>Size of the content as sent, for progress; null when not known.</summary>
    public long? TotalBytes { get; init; }
}
