using Apex.Usage.Events;

namespace Apex.Usage.Import;

/// <summary>What the beginning of a file would become, without storing any of it; and what is in it, for making a mapping.</summary>
public sealed record ImportPreview
{
    /// <summary>Null when the content is of no known format and there is no mapping that fits.</summary>
    public string? Format { get; init; }

    /// <summary>Why nothing can be read, in a sentence; null when something can.</summary>
    public string? Problem { get; init; }

    /// <summary>Names of a table's columns, or of the properties of JSON objects, those inside others as dotted paths.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Values of the first rows by <see cref="Columns"/>, cut at 100 characters.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Sample { get; init; } = [];

    /// <summary>A mapping guessed from the names; fields it found no column for are missing. Null when there are no columns.</summary>
    public ColumnMapping? Suggestion { get; init; }

    /// <summary>The first rows as they would be stored, priced.</summary>
    public IReadOnlyList<UsageEvent> Calls { get; init; } = [];

    public IReadOnlyList<RejectedRow> Rejected { get; init; } = [];
    public IReadOnlyList<string> Assumptions { get; init; } = [];
}
