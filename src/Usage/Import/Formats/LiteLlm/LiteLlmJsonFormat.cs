using System.Text.Json;
using Apex.Usage.Events;
using Apex.Usage.Import.Reading;

namespace Apex.Usage.Import.Formats.LiteLlm;

/// <summary>LiteLLM's spend log as a JSON array or as one object per line.</summary>
internal sealed class LiteLlmJsonFormat(RowOrigin origin, bool isArray) : IUsageFormat
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    private readonly LiteLlmCall call = new(origin);

    public string Name => $"{ImportFormats.LiteLlm} ({(isArray ? "JSON array" : "JSONL")})";

    public IReadOnlyList<string> Assumptions => LiteLlmCall.Assumptions;

    public RecordScanner NewScanner() => isArray ? new JsonArrayScanner() : new LineScanner();

    public bool HasHeader => false;

    public void ReadHeader(ReadOnlyMemory<byte> record) => throw new NotSupportedException("JSON rows name their own fields.");

    public UsageEvent? Read(ReadOnlyMemory<byte> record, RowCheck check)
    {
        try
        {
            using var document = JsonDocument.Parse(record, Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return call.Read(new LiteLlmJsonRow(document.RootElement), record.Span, check);

            check.Reject("row", record.Span, "not a JSON object");
        }
        catch (JsonException error)
        {
            check.Reject("row", record.Span, $"not valid JSON: {JsonProblem.Text(error)}");
        }

        return null;
    }
}
