using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.Otel;

/// <summary>The spans of an <c>ExportTraceServiceRequest</c> in its JSON form, with the names of either spelling.</summary>
internal static class OtlpJson
{
    private const int MaxValueDepth = 8;

    public static bool IsRequest(JsonElement request) => Find(request, "resourceSpans", "resource_spans") is not null;

    public static IEnumerable<ModelSpan> Spans(TenantId tenant, JsonElement request)
    {
        foreach (var resourceSpans in Items(request, "resourceSpans", "resource_spans"))
        {
            var resource = new SpanAttributes(tenant);
            if (JsonText.ObjectInside(resourceSpans, "resource") is { } emitter)
                AddAttributes(emitter, resource);
            foreach (var scopeSpans in Items(resourceSpans, "scopeSpans", "scope_spans", "instrumentationLibrarySpans"))
            {
                foreach (var span in Items(scopeSpans, "spans"))
                    yield return Span(tenant, resource, span);
            }
        }
    }

    private static ModelSpan Span(TenantId tenant, SpanAttributes resource, JsonElement json)
    {
        var status = JsonText.ObjectInside(json, "status");
        var code = JsonText.Inside(status, "code");
        var span = new ModelSpan(tenant, resource)
        {
            TraceId = Text(json, "traceId", "trace_id"),
            SpanId = Text(json, "spanId", "span_id"),
            ParentSpanId = Text(json, "parentSpanId", "parent_span_id"),
            Name = Text(json, "name"),
            StartNanos = Nanos(json, "startTimeUnixNano", "start_time_unix_nano"),
            EndNanos = Nanos(json, "endTimeUnixNano", "end_time_unix_nano"),
            IsError = code.SequenceEqual("2"u8) || code.SequenceEqual("STATUS_CODE_ERROR"u8),
            StatusMessage = status is { } told ? Text(told, "message") : "",
        };
        AddAttributes(json, span.Attributes);
        return span;
    }

    private static void AddAttributes(JsonElement owner, SpanAttributes attributes)
    {
        foreach (var attribute in Items(owner, "attributes"))
        {
            var name = Text(attribute, "key");
            if (name.Length > 0 && JsonText.ObjectInside(attribute, "value") is { } value)
                attributes.Add(name, Value(value, 0));
        }
    }

    /// <summary>An <c>AnyValue</c>: the one property it has. Lists come as the texts of their elements, joined.</summary>
    private static ReadOnlySpan<byte> Value(JsonElement value, int depth)
    {
        foreach (var kind in value.EnumerateObject())
        {
            if (kind.Name is not ("arrayValue" or "array_value") || depth >= MaxValueDepth)
                return JsonText.AsText(kind.Value);

            var joined = new List<byte>();
            foreach (var element in Items(kind.Value, "values"))
            {
                if (joined.Count > 0)
                    joined.Add((byte)',');
                if (element.ValueKind == JsonValueKind.Object)
                    joined.AddRange(Value(element, depth + 1));
            }

            return joined.ToArray();
        }

        return default;
    }

    private static IEnumerable<JsonElement> Items(JsonElement parent, params string[] names) =>
        Find(parent, names) is { } list ? list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object) : [];

    private static JsonElement? Find(JsonElement parent, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (JsonText.ArrayInside(parent, name) is { } list)
                return list;
        }

        return null;
    }

    private static string Text(JsonElement parent, params ReadOnlySpan<string> names) =>
        System.Text.Encoding.UTF8.GetString(JsonText.FirstInside(parent, names));

    // 64-bit numbers are texts in this JSON form; some writers put numbers all the same.
    private static ulong Nanos(JsonElement parent, params ReadOnlySpan<string> names) =>
        ulong.TryParse(JsonText.FirstInside(parent, names), out var nanos) ? nanos : 0;
}
