using System.Globalization;
using System.Text.Json;
using Apex.Agents.Figures;
using Apex.Agents.Subagents;

namespace Apex.Agents.Reports;

/// <summary>A tool's result envelope with the call it came from. Values are read by JSON pointer, so that a figure can say where it stands.</summary>
internal sealed record Envelope(string CallId, string Tool, JsonElement Json)
{
    public string Grade => Text("/grade") ?? "D";

    public long RowsUsed => (long)(Number("/rows_used") ?? 0);

    public double PricedShare => Number("/priced_share") ?? 0;

    public DateTimeOffset? From => Time("/window/from");

    public DateTimeOffset? To => Time("/window/to");

    public IReadOnlyList<string> Assumptions => Texts("/assumptions");

    public IReadOnlyList<string> Caveats => Texts("/caveats");

    /// <summary>Null when the call failed or its result is no envelope.</summary>
    public static Envelope? Of(ToolCallResult call) =>
        call.Result is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("result", out _) && json.TryGetProperty("tool", out _)
            ? new Envelope(call.ToolCallId, call.ToolName, json)
            : null;

    public JsonElement? At(string pointer) => JsonPointer.Find(Json, pointer);

    public double? Number(string pointer) => JsonPointer.FindNumber(Json, pointer);

    public string? Text(string pointer) => At(pointer) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public DateTimeOffset? Time(string pointer) =>
        Text(pointer) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : null;

    /// <summary>Pointers of the items of a list; empty when there is no list.</summary>
    public IReadOnlyList<string> Items(string pointer) => At(pointer) is { ValueKind: JsonValueKind.Array } list
        ? [.. Enumerable.Range(0, list.GetArrayLength()).Select(index => string.Create(CultureInfo.InvariantCulture, $"{pointer}/{index}"))]
        : [];

    private IReadOnlyList<string> Texts(string pointer) => [.. Items(pointer).Select(Text).OfType<string>()];
}
