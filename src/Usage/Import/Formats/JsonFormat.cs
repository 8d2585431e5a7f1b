using System.Text.Json;
using Apex.Usage.Import.Reading;

namespace Apex.Usage.Import.Formats;

/// <summary>How JSON objects follow one another in a file.</summary>
internal enum JsonShape
{
    Lines,
    Array,

    /// <summary>Objects over several lines each, most often a single one.</summary>
    Document,
}

/// <summary>What all JSON formats share: a record is one object, and what is no object is rejected alone.</summary>
internal abstract class JsonFormat(string name, JsonShape shape) : IUsageFormat
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    public string Name { get; } = name + shape switch
    {
        JsonShape.Lines => " (JSONL)",
        JsonShape.Array => " (JSON array)",
        _ => " (JSON)",
    };

    public abstract IReadOnlyList<string> Assumptions { get; }

    public bool HasHeader => false;

    public bool IsText => true;

    public RecordScanner NewScanner() => shape == JsonShape.Lines ? new LineScanner() : new JsonObjectScanner(shape == JsonShape.Array);

    public void ReadHeader(ReadOnlyMemory<byte> record) => throw new NotSupportedException("JSON rows name their own fields.");

    public void Read(ReadOnlyMemory<byte> record, CallSink calls)
    {
        try
        {
            using var document = JsonDocument.Parse(LoneSurrogates.Repair(record), Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                ReadObject(document.RootElement, record, calls);
            else
                calls.Reject("row", record.Span, "not a JSON object");
        }
        catch (JsonException error)
        {
            calls.Reject("row", record.Span, $"not valid JSON: {JsonProblem.Text(error)}");
        }
    }

    public virtual void End(CallSink calls)
    {
    }

    protected abstract void ReadObject(JsonElement row, ReadOnlyMemory<byte> record, CallSink calls);
}
