using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.Otel;

/// <summary>A span as it was received, whatever its encoding.</summary>
internal sealed class ModelSpan(TenantId tenant, SpanAttributes resource)
{
    /// <summary>Hexadecimal, as the JSON form writes it; empty when missing.</summary>
    public string TraceId { get; set; } = "";

    public string SpanId { get; set; } = "";
    public string ParentSpanId { get; set; } = "";
    public string Name { get; set; } = "";

    /// <summary>Nanoseconds since 1970; 0 when missing.</summary>
    public ulong StartNanos { get; set; }

    public ulong EndNanos { get; set; }
    public bool IsError { get; set; }
    public string StatusMessage { get; set; } = "";

    public SpanAttributes Attributes { get; } = new(tenant);

    /// <summary>Of the program that emitted the span.</summary>
    public SpanAttributes Resource { get; } = resource;
}
