using System.Globalization;
using System.Text;
using Apex.Usage.Events;
using Google.Protobuf;

namespace Apex.Usage.Import.Formats.Otel;

/// <summary>
/// The spans of an <c>ExportTraceServiceRequest</c> in its binary form. Read field by field, by the numbers of
/// opentelemetry-proto's trace.proto and common.proto, so that contents which are not kept cost no objects.
/// </summary>
internal static class OtlpProtobuf
{
    private const int MaxValueDepth = 8;

    /// <exception cref="InvalidProtocolBufferException">The bytes are no such message, or break off.</exception>
    public static List<ModelSpan> Spans(TenantId tenant, ReadOnlyMemory<byte> message)
    {
        var spans = new List<ModelSpan>();
        using var input = UnsafeByteOperations.UnsafeWrap(message).CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            if (Field(tag) == 1 && IsBytes(tag))
                ReadResourceSpans(tenant, input.ReadBytes(), spans);
            else
                input.SkipLastField();
        }

        return spans;
    }

    private static void ReadResourceSpans(TenantId tenant, ByteString bytes, List<ModelSpan> spans)
    {
        var resource = new SpanAttributes(tenant);
        using var input = bytes.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            if (Field(tag) == 1 && IsBytes(tag))
                ReadAttributes(input.ReadBytes(), fieldNumber: 1, resource);
            else if (Field(tag) == 2 && IsBytes(tag))
                ReadScopeSpans(tenant, resource, input.ReadBytes(), spans);
            else
                input.SkipLastField();
        }
    }

    private static void ReadScopeSpans(TenantId tenant, SpanAttributes resource, ByteString bytes, List<ModelSpan> spans)
    {
        using var input = bytes.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            if (Field(tag) == 2 && IsBytes(tag))
                spans.Add(ReadSpan(tenant, resource, input.ReadBytes()));
            else
                input.SkipLastField();
        }
    }

    private static ModelSpan ReadSpan(TenantId tenant, SpanAttributes resource, ByteString bytes)
    {
        var span = new ModelSpan(tenant, resource);
        using var input = bytes.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            switch (Field(tag), WireFormat.GetTagWireType(tag))
            {
                case (1, WireFormat.WireType.LengthDelimited):
                    span.TraceId = Convert.ToHexStringLower(input.ReadBytes().Span);
                    break;
                case (2, WireFormat.WireType.LengthDelimited):
                    span.SpanId = Convert.ToHexStringLower(input.ReadBytes().Span);
                    break;
                case (4, WireFormat.WireType.LengthDelimited):
                    span.ParentSpanId = Convert.ToHexStringLower(input.ReadBytes().Span);
                    break;
                case (5, WireFormat.WireType.LengthDelimited):
                    span.Name = input.ReadString();
                    break;
                case (7, WireFormat.WireType.Fixed64):
                    span.StartNanos = input.ReadFixed64();
                    break;
                case (8, WireFormat.WireType.Fixed64):
                    span.EndNanos = input.ReadFixed64();
                    break;
                case (9, WireFormat.WireType.LengthDelimited):
                    ReadAttribute(input.ReadBytes(), span.Attributes);
                    break;
                case (15, WireFormat.WireType.LengthDelimited):
                    ReadStatus(input.ReadBytes(), span);
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        return span;
    }

    private static void ReadStatus(ByteString bytes, ModelSpan span)
    {
        using var input = bytes.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            if (Field(tag) == 2 && IsBytes(tag))
                span.StatusMessage = input.ReadString();
            else if (Field(tag) == 3 && WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint)
                span.IsError = input.ReadInt32() == 2;
            else
                input.SkipLastField();
        }
    }

    private static void ReadAttributes(ByteString bytes, int fieldNumber, SpanAttributes attributes)
    {
        using var input = bytes.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            if (Field(tag) == fieldNumber && IsBytes(tag))
                ReadAttribute(input.ReadBytes(), attributes);
            else
                input.SkipLastField();
        }
    }

    private static void ReadAttribute(ByteString bytes, SpanAttributes attributes)
    {
        var name = "";
        byte[] value = [];
        using var input = bytes.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            if (Field(tag) == 1 && IsBytes(tag))
                name = input.ReadString();
            else if (Field(tag) == 2 && IsBytes(tag))
                value = Value(input.ReadBytes(), 0);
            else
                input.SkipLastField();
        }

        if (name.Length > 0)
            attributes.Add(name, value);
    }

    /// <summary>An <c>AnyValue</c> as text; lists as the texts of their elements, joined; lists of keys as nothing.</summary>
    private static byte[] Value(ByteString bytes, int depth)
    {
        byte[] value = [];
        using var input = bytes.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            switch (Field(tag), WireFormat.GetTagWireType(tag))
            {
                case (1, WireFormat.WireType.LengthDelimited):
                    value = input.ReadBytes().ToByteArray();
                    break;
                case (2, WireFormat.WireType.Varint):
                    value = input.ReadBool() ? "true"u8.ToArray() : "false"u8.ToArray();
                    break;
                case (3, WireFormat.WireType.Varint):
                    value = Encoding.UTF8.GetBytes(input.ReadInt64().ToString(CultureInfo.InvariantCulture));
                    break;
                case (4, WireFormat.WireType.Fixed64):
                    value = Encoding.UTF8.GetBytes(input.ReadDouble().ToString("R", CultureInfo.InvariantCulture));
                    break;
                case (5, WireFormat.WireType.LengthDelimited) when depth < MaxValueDepth:
                    value = Joined(input.ReadBytes(), depth + 1);
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        return value;
    }

    private static byte[] Joined(ByteString bytes, int depth)
    {
        var joined = new List<byte>();
        using var input = bytes.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            if (Field(tag) != 1 || !IsBytes(tag))
            {
                input.SkipLastField();
                continue;
            }

            if (joined.Count > 0)
                joined.Add((byte)',');
            joined.AddRange(Value(input.ReadBytes(), depth));
        }

        return [.. joined];
    }

    private static int Field(uint tag) => WireFormat.GetTagFieldNumber(tag);

    private static bool IsBytes(uint tag) => WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited;
}
