using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats;

/// <summary>Reads the calls of one source whose rows come as JSON or as CSV under the same names.</summary>
internal abstract class NamedCallReader
{
    /// <summary>One of <see cref="ImportFormats"/>.</summary>
    public abstract string Format { get; }

    /// <summary>Columns without which a CSV is not of this source.</summary>
    public abstract IReadOnlyList<string> RequiredColumns { get; }

    public abstract IReadOnlyList<string> Assumptions { get; }

    /// <summary>Whether the row is a call of a model at all; other rows are passed over.</summary>
    public virtual bool IsCall(NamedRow row) => true;

    /// <summary>The row's call, not yet priced; null when <paramref name="check"/> holds a problem.</summary>
    public abstract UsageEvent? Read(NamedRow row, ReadOnlySpan<byte> record, RowCheck check);
}
