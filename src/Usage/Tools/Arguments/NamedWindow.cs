using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.Tools.Arguments;

/// <summary>Windows as tools take them, for callers that are none: exports, pages.</summary>
public static class NamedWindow
{
    /// <param name="window">A name such as last_30_days; null with <paramref name="from"/> or <paramref name="to"/>, or for the whole log.</param>
    /// <param name="from">A day or an RFC 3339 time; null: the log's beginning.</param>
    /// <param name="to">The same; null: now.</param>
    /// <returns>Null for the whole log.</returns>
    /// <exception cref="ToolArgumentException">No such window, or both ways at once.</exception>
    public static async Task<TimeWindow?> ResolveAsync(
        IUsageLog log, TenantId tenant, string? window, string? from, string? to, DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(log);
        if (window is not null && (from is not null || to is not null))
            throw new ToolArgumentException("window", "window names a span; give it or from and to, not both.");
        if (window is null && from is null && to is null)
            return null;

        JsonNode asked = window is not null
            ? JsonValue.Create(window)
            : new JsonObject { ["from"] = from ?? "1970-01-01", ["to"] = to ?? now.ToString("O") };
        using var value = JsonDocument.Parse(asked.ToJsonString());
        var extent = await CountedRows.Usual.ExtentAsync(log, tenant, [], cancellationToken);
        return WindowArgument.Resolve(value.RootElement, extent, now, []);
    }
}
