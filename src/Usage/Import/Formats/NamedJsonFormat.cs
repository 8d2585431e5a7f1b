using System.Runtime.InteropServices;
using System.Text.Json;

namespace Apex.Usage.Import.Formats;

/// <summary>A source's rows as JSON. An answer of its HTTP interface, which lists them under <c>data</c>, is read like the rows alone.</summary>
internal sealed class NamedJsonFormat(NamedCallReader reader, JsonShape shape) : JsonFormat(reader.Format, shape)
{
    public override IReadOnlyList<string> Assumptions => reader.Assumptions;

    protected override void ReadObject(JsonElement row, ReadOnlyMemory<byte> record, CallSink calls)
    {
        if (JsonText.ArrayInside(row, "data") is not { } page)
        {
            ReadRow(row, record.Span, calls);
            return;
        }

        foreach (var element in page.EnumerateArray())
        {
            var bytes = JsonMarshal.GetRawUtf8Value(element);
            if (element.ValueKind == JsonValueKind.Object)
                ReadRow(element, bytes, calls);
            else
                calls.Reject("data", bytes, "not a JSON object");
        }
    }

    private void ReadRow(JsonElement row, ReadOnlySpan<byte> record, CallSink calls)
    {
        var named = new JsonRow(row);
        if (reader.IsCall(named))
            calls.Take(reader.Read(named, record, calls.Check));
        else
            calls.Skip();
    }
}
