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

    /// <summary>Whether records are text, so that one which is no UTF-8 is rejected before it is read.</summary>
    bool IsText { get; }

    /// <exception cref="UsageImportException">Columns are missing or stand twice.</exception>
    void ReadHeader(ReadOnlyMemory<byte> record);

    /// <summary>Gives the record's calls, not yet priced: none, one or many, each taken, rejected or passed over.</summary>
    void Read(ReadOnlyMemory<byte> record, CallSink calls);

    /// <summary>Gives what was held back until the end was known.</summary>
    void End(CallSink calls);
}
