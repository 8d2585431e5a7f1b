using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Apex.Usage.Import.Formats.Traces;

/// <summary>
/// Alibaba's Bailian traces of Qwen: seconds since the trace began, prompt and output length, kind, turn, the request before it in its
/// chat, and the hash ids of the prompt's 16-token blocks, the last of which may be partial.
/// </summary>
internal sealed class QwenBailianFormat(RowOrigin origin, ImportRequest request, JsonShape shape)
    : JsonFormat(ImportFormats.QwenBailian, shape)
{
    private const int BlockTokens = 16;
    private const int MaxBlocks = 1_000_000;
    private const double MaxOffsetSeconds = 10.0 * 366 * 24 * 60 * 60;

    private static readonly string[] AssumedFields = ["ts_start"];

    private readonly AssumedModel assumed = new(request.AssumedModel);
    private readonly ChatRoots chats = new();

    public override IReadOnlyList<string> Assumptions =>
    [
        string.Create(CultureInfo.InvariantCulture,
            $"The trace gives seconds only; they are counted from {request.BaseTime.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}."),
        "The trace names no model or user.",
        .. assumed.Sentences,
    ];

    protected override void ReadObject(JsonElement row, ReadOnlyMemory<byte> record, CallSink calls)
    {
        var check = calls.Check;
        var start = TraceClock.Start(request.BaseTime, "timestamp", JsonText.Inside(row, "timestamp"), MaxOffsetSeconds, check);
        var input = check.RequiredTokens("input_length", JsonText.Inside(row, "input_length"));
        var output = check.RequiredTokens("output_length", JsonText.Inside(row, "output_length"));
        var turn = check.OptionalInt("turn", JsonText.Inside(row, "turn"));
        var chat = check.OptionalInt("chat_id", JsonText.Inside(row, "chat_id"));
        var parent = check.OptionalInt("parent_chat_id", JsonText.Inside(row, "parent_chat_id"));
        var kind = check.OptionalText("type", JsonText.Inside(row, "type"));
        var blocks = Blocks(row, input, check);
        if (check.Problem is not null)
        {
            calls.Take(null);
            return;
        }

        var parts = new CallParts
        {
            Span = CallSpan.Of(start, null, null),
            Counts = new TokenCounts { Input = input, Output = output },
            Request = assumed.Name,
        };
        var call = parts.ToRow(origin, record.Span) with
        {
            Feature = kind,
            Turn = turn,
            ConversationId = chat is { } id
                ? chats.RootOf(id, parent is >= 0 ? parent : null).ToString(CultureInfo.InvariantCulture)
                : null,
            PrefixBlockHashes = blocks,
            BlockSize = blocks is null ? null : BlockTokens,
            AssumedFields = AssumedFields,
        };
        calls.Take(assumed.On(call));
    }

    private static long[]? Blocks(JsonElement row, long input, RowCheck check)
    {
        if (JsonText.ArrayInside(row, "hash_ids") is not { } list)
            return null;

        var count = list.GetArrayLength();
        var expected = (input + BlockTokens - 1) / BlockTokens;
        if (count > MaxBlocks || count != expected)
        {
            check.Reject("hash_ids", default, string.Create(CultureInfo.InvariantCulture,
                $"{count} blocks of {BlockTokens} tokens for a prompt of {input} tokens"));
            return null;
        }

        var blocks = new long[count];
        var at = 0;
        foreach (var element in list.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out blocks[at++]))
                check.Reject("hash_ids", Encoding.UTF8.GetBytes(element.GetRawText()), "not a whole number");
        }

        return blocks;
    }
}
