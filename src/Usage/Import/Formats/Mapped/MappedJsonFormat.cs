using System.Text.Json;

namespace Apex.Usage.Import.Formats.Mapped;

/// <summary>Any JSON objects, read by a column mapping whose columns are property names or dotted paths of them.</summary>
internal sealed class MappedJsonFormat : JsonFormat
{
    private readonly ColumnMapping mapping;
    private readonly MappedCall call;
    private JsonElement row;

    public MappedJsonFormat(RowOrigin origin, ColumnMapping mapping, JsonShape shape)
        : base(MappedCall.NameOf(mapping), shape)
    {
        this.mapping = mapping;
        call = new MappedCall(origin, mapping, column => Find(row, column));
    }

    public override IReadOnlyList<string> Assumptions => MappedCall.AssumptionsOf(mapping);

    protected override void ReadObject(JsonElement found, ReadOnlyMemory<byte> record, CallSink calls)
    {
        row = found;
        calls.Take(call.Read(record, calls.Check));
    }

    /// <summary>A name with dots may be one property's or a path; the property wins.</summary>
    private static ReadOnlySpan<byte> Find(JsonElement parent, string path)
    {
        if (parent.ValueKind != JsonValueKind.Object)
            return default;
        if (parent.TryGetProperty(path, out var value))
            return JsonText.AsText(value);

        var dot = path.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && parent.TryGetProperty(path[..dot], out var child) ? Find(child, path[(dot + 1)..]) : default;
    }
}
