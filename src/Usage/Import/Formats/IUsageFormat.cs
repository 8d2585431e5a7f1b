using Apex.Usage.Events;
using Apex.Usage.Import.Reading;

namespace Apex.Usage.Import.Formats;

/// <summary>One kind of usage log: how its records are cut and what each of them says. Used for one import, by one thread.</summary>
internal interface IUsageFormat
{
    /// <summary>Name and shape, for instance <c>litellm (JSONL)</c>.</summary>
    string Name { get; }

    /// <summary>What the format does not tell and was assumed, in sentences.</summary>
    IReadOnlyList<string> Assumptions { get; }

    RecordScanner NewScanner();

    /// <summary>Whether the first record names the columns.</summary>
    bool HasHeader { get; }

    /// <exception cref="UsageImportException">Columns are missing or stand twice.</exception>
    void ReadHeader(ReadOnlyMemory<byte> record);

    /// <summary>The row's call, not yet priced; null when <paramref name="check"/> holds a problem.</summary>
    UsageEvent? Read(ReadOnlyMemory<byte> record, RowCheck check);
}
