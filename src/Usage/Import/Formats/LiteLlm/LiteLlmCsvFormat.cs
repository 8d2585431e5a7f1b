using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.LiteLlm;

/// <summary>LiteLLM's spend log as CSV; metadata and tags are JSON inside their cells.</summary>
internal sealed class LiteLlmCsvFormat(RowOrigin origin) : CsvFormat((byte)',')
{
    public static readonly string[] RequiredColumns = ["request_id", "startTime", "model", "prompt_tokens", "completion_tokens"];

    private readonly LiteLlmCall call = new(origin);
    private Cells? cells;

    public override string Name => $"{ImportFormats.LiteLlm} (CSV)";

    public override IReadOnlyList<string> Assumptions => LiteLlmCall.Assumptions;

    protected override void FindColumns(CsvHeader header)
    {
        header.Require("LiteLLM spend log", RequiredColumns);
        cells = new Cells(this, header);
    }

    protected override UsageEvent? ReadRow(ReadOnlyMemory<byte> record, RowCheck check) =>
        call.Read(cells ?? throw new InvalidOperationException("Rows come after the header."), record.Span, check);

    private sealed class Cells(LiteLlmCsvFormat format, CsvHeader header) : LiteLlmRow
    {
        public override ReadOnlySpan<byte> Text(string name)
        {
            var text = format.Value(header.Find(name));
            return text.SequenceEqual("NULL"u8) || text.SequenceEqual("None"u8) ? default : text;
        }

        public override JsonElement? Json(string name) => Parse(Text(name));
    }
}
