using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Apex.Usage.Import.Formats.CodingAgents;

/// <summary>
/// Session logs of the Codex command line. Counts come as running totals, told again whenever limits change; a call is what the
/// total rose by. The model stands in the lines that begin a turn.
/// </summary>
internal sealed class CodexFormat(RowOrigin origin) : JsonFormat(ImportFormats.Codex, JsonShape.Lines)
{
    private string? session;
    private string? model;
    private string? provider;
    private string? project;
    private string? version;
    private CodexTotals told;
    private int calls;

    public override IReadOnlyList<string> Assumptions =>
    [
        "A call's time is when its counts were told; when it was sent is not in the log.",
        "The log holds no prices: costs are what the price book says, whatever plan was paid for.",
    ];

    protected override void ReadObject(JsonElement row, ReadOnlyMemory<byte> record, CallSink calls)
    {
        var payload = JsonText.ObjectInside(row, "payload");
        if (JsonText.Equals(row, "type", "session_meta"u8))
            Begin(payload);
        else if (JsonText.Equals(row, "type", "turn_context"u8))
            model = Text(payload, "model") ?? model;
        else if (JsonText.Equals(payload, "type", "token_count"u8) && JsonText.ObjectInside(payload, "info") is { } info)
        {
            ReadCounts(row, info, record, calls);
            return;
        }

        calls.Skip();
    }

    private void Begin(JsonElement? meta)
    {
        var id = Text(meta, "id");

        // Several sessions may stand behind one another in a file; the same one again goes on.
        if (id != session)
            (told, calls) = (default, 0);
        session = id;
        provider = Text(meta, "model_provider");
        project = Text(meta, "cwd");
        version = Text(meta, "cli_version");
    }

    private void ReadCounts(JsonElement row, JsonElement info, ReadOnlyMemory<byte> record, CallSink calls)
    {
        var check = calls.Check;
        var total = CodexTotals.Read(JsonText.ObjectInside(info, "total_token_usage"), check);
        var last = JsonText.ObjectInside(info, "last_token_usage") is { } latest ? CodexTotals.Read(latest, check) : total - told;
        var start = check.Start("timestamp", JsonText.Inside(row, "timestamp"), TimeUnit.Iso);
        if (check.Problem is null && total == told)
        {
            calls.Skip();
            return;
        }

        if (check.Problem is not null)
        {
            calls.Take(null);
            return;
        }

        told = total;
        this.calls++;
        var parts = new CallParts
        {
            OwnId = session is null ? null : string.Create(CultureInfo.InvariantCulture, $"{session}:{this.calls}"),
            Span = CallSpan.Of(start, null, null),
            Counts = last.ToCounts(),
            Request = ModelName.Read(model),
            Provider = provider ?? "openai",
        };
        var tags = new Dictionary<string, string>();
        TagText.Add(tags, "project", Encoding.UTF8.GetBytes(project ?? ""));
        TagText.Add(tags, "version", Encoding.UTF8.GetBytes(version ?? ""));
        calls.Take(parts.ToRow(origin, record.Span) with { Feature = "codex", ConversationId = session, Turn = this.calls, Tags = tags });
    }

    private static string? Text(JsonElement? parent, string name)
    {
        var text = JsonText.Inside(parent, name);
        return text.IsEmpty || text.Length > RowCheck.MaxTextLength ? null : Encoding.UTF8.GetString(text);
    }
}
