using System.Globalization;
using System.Text.Json;
using Google.Protobuf;

namespace Apex.Usage.Tests.Import.Otlp;

/// <summary>An export request of spans, in either of its encodings.</summary>
public sealed record SomeTrace(IReadOnlyList<SomeSpan> Spans)
{
    public static SomeTrace Of(params SomeSpan[] spans) => new(spans);

    public static SomeSpan Chat(string spanId, long inputTokens, long outputTokens) => new(spanId, inputTokens, outputTokens);

    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("resourceSpans");
            json.WriteStartObject();
            json.WriteStartArray("scopeSpans");
            json.WriteStartObject();
            json.WriteStartArray("spans");
            foreach (var span in Spans)
                span.WriteTo(json);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    public byte[] ToProtobuf()
    {
        var scope = Message(output =>
        {
            foreach (var span in Spans)
                WriteBytes(output, 2, span.ToProtobuf());
        });
        return Message(output => WriteBytes(output, 1, Message(inner => WriteBytes(inner, 2, scope))));
    }

    internal static byte[] Message(Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
            write(output);
        return stream.ToArray();
    }

    internal static void WriteBytes(CodedOutputStream output, int field, byte[] bytes)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(bytes));
    }

    internal static void WriteText(CodedOutputStream output, int field, string text)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    }
}

/// <summary>A call's span; its ids are hexadecimal.</summary>
public sealed record SomeSpan(string SpanId, long InputTokens, long OutputTokens)
{
    public string Operation { get; init; } = "chat";
    public string Model { get; init; } = "gpt-4o";
    public string? ResponseId { get; init; }
    public string? Error { get; init; }
    public ulong StartNanos { get; init; } = 1_770_091_506_500_000_000;

    private IEnumerable<(string Key, object Value)> Attributes
    {
        get
        {
            yield return ("gen_ai.operation.name", Operation);
            yield return ("gen_ai.provider.name", "openai");
            yield return ("gen_ai.request.model", Model);
            yield return ("gen_ai.usage.input_tokens", InputTokens);
            yield return ("gen_ai.usage.output_tokens", OutputTokens);
            yield return ("gen_ai.request.temperature", 0.25);
            yield return ("gen_ai.request.stream", true);
            if (ResponseId is not null)
                yield return ("gen_ai.response.id", ResponseId);
            if (Error is not null)
                yield return ("error.type", Error);
        }
    }

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("traceId", "0102");
        json.WriteString("spanId", SpanId);
        json.WriteString("startTimeUnixNano", StartNanos.ToString(CultureInfo.InvariantCulture));
        json.WriteString("endTimeUnixNano", (StartNanos + 1_000_000_000).ToString(CultureInfo.InvariantCulture));
        json.WriteStartArray("attributes");
        foreach (var (key, value) in Attributes)
        {
            json.WriteStartObject();
            json.WriteString("key", key);
            json.WriteStartObject("value");
            switch (value)
            {
                case long number:
                    json.WriteString("intValue", number.ToString(CultureInfo.InvariantCulture));
                    break;
                case double number:
                    json.WriteNumber("doubleValue", number);
                    break;
                case bool flag:
                    json.WriteBoolean("boolValue", flag);
                    break;
                default:
                    json.WriteString("stringValue", (string)value);
                    break;
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public byte[] ToProtobuf() => SomeTrace.Message(output =>
    {
        SomeTrace.WriteBytes(output, 1, [1, 2]);
        SomeTrace.WriteBytes(output, 2, Convert.FromHexString(SpanId));
        SomeTrace.WriteText(output, 5, "chat");
        output.WriteTag(7, WireFormat.WireType.Fixed64);
        output.WriteFixed64(StartNanos);
        output.WriteTag(8, WireFormat.WireType.Fixed64);
        output.WriteFixed64(StartNanos + 1_000_000_000);
        foreach (var (key, value) in Attributes)
            SomeTrace.WriteBytes(output, 9, Attribute(key, value));
    });

    private static byte[] Attribute(string key, object value) => SomeTrace.Message(output =>
    {
        SomeTrace.WriteText(output, 1, key);
        SomeTrace.WriteBytes(output, 2, SomeTrace.Message(inner =>
        {
            switch (value)
            {
                case long number:
                    inner.WriteTag(3, WireFormat.WireType.Varint);
                    inner.WriteInt64(number);
                    break;
                case double number:
                    inner.WriteTag(4, WireFormat.WireType.Fixed64);
                    inner.WriteDouble(number);
                    break;
                case bool flag:
                    inner.WriteTag(2, WireFormat.WireType.Varint);
                    inner.WriteBool(flag);
                    break;
                default:
                    SomeTrace.WriteText(inner, 1, (string)value);
                    break;
            }
        }));
    });
}
