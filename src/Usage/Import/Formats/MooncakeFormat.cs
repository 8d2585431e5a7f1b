using System.Globalization;
using System.Text;
using System.Text.Json;
using Apex.Usage.Events;
using Apex.Usage.Import.Reading;

namespace Apex.Usage.Import.Formats;

/// <summary>
/// Mooncake's trace: offset in milliseconds, prompt and output length, and the hash ids of the prompt's 512-token blocks, the last
/// of which may be partial.
/// </summary>
internal sealed class MooncakeFormat(RowOrigin origin, ImportRequest request) : IUsageFormat
{
    private const int BlockTokens = 512;
    private const int MaxBlocks = 1_000_000;

    /// <summary>Ten years; a larger offset is a time of day in another unit.</summary>
    private const long MaxOffsetMs = 10L * 366 * 24 * 60 * 60 * 1000;

    private static readonly string[] AssumedFields = ["ts_start"];

    private readonly AssumedModel assumed = new(request.AssumedModel);
    private readonly List<long> blocks = [];

    public string Name => $"{ImportFormats.Mooncake} (JSONL)";

    public IReadOnlyList<string> Assumptions =>
    [
        string.Create(CultureInfo.InvariantCulture,
            $"The trace gives offsets only; they are counted from {request.BaseTime.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}."),
        "The trace names no model or user.",
        .. assumed.Sentences,
    ];

    public RecordScanner NewScanner() => new LineScanner();

    public bool HasHeader => false;

    public void ReadHeader(ReadOnlyMemory<byte> record) => throw new NotSupportedException("JSON rows name their own fields.");

    public bool IsText => true;

    public void Read(ReadOnlyMemory<byte> record, CallSink calls) => calls.Take(ReadCall(record, calls.Check));

    public void End(CallSink calls)
    {
    }

    private UsageEvent? ReadCall(ReadOnlyMemory<byte> record, RowCheck check)
    {
        Row row;
        try
        {
            row = ReadRow(record.Span, check);
        }
        catch (JsonException error)
        {
            check.Reject("row", record.Span, $"not valid JSON: {JsonProblem.Text(error)}");
            return null;
        }

        var offset = Required(check, "timestamp", row.Timestamp, MaxOffsetMs);
        var input = Required(check, "input_length", row.Input, RowCheck.MaxTokens);
        var output = Required(check, "output_length", row.Output, RowCheck.MaxTokens);
        if (row.HasBlocks && blocks.Count != (input + BlockTokens - 1) / BlockTokens)
            check.Reject("hash_ids", default, $"{blocks.Count} blocks of {BlockTokens} tokens for a prompt of {input} tokens");
        if (check.Problem is not null)
            return null;

        var (eventId, sourceId, isRepeat) = origin.Identify(record.Span);
        return assumed.On(new UsageEvent
        {
            EventId = eventId,
            Source = origin.Source,
            SourceId = sourceId,
            StartedAt = request.BaseTime.ToUniversalTime().AddMilliseconds(offset),
            InUncached = input,
            OutVisible = output,
            PrefixBlockHashes = row.HasBlocks ? blocks.ToArray() : null,
            BlockSize = row.HasBlocks ? BlockTokens : null,
            AssumedFields = AssumedFields,
            QualityFlags = Flags.Of(assumed.Flag, isRepeat ? QualityFlags.IdenticalRow : null),
        });
    }

    private static long Required(RowCheck check, string field, long? value, long most)
    {
        if (value is >= 0 && value <= most)
            return value.Value;

        var shown = value is null ? [] : Encoding.UTF8.GetBytes(value.Value.ToString(CultureInfo.InvariantCulture));
        check.Reject(field, shown,
            value is null ? "missing" : value < 0 ? "negative" : $"above {most}, the most that is believed");
        return 0;
    }

    private Row ReadRow(ReadOnlySpan<byte> record, RowCheck check)
    {
        var json = new Utf8JsonReader(record);
        var row = new Row();
        blocks.Clear();
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
            throw new JsonException("not an object");

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("timestamp"u8))
                row.Timestamp = Number(ref json, check, "timestamp");
            else if (json.ValueTextEquals("input_length"u8))
                row.Input = Number(ref json, check, "input_length");
            else if (json.ValueTextEquals("output_length"u8))
                row.Output = Number(ref json, check, "output_length");
            else if (json.ValueTextEquals("hash_ids"u8))
                row.HasBlocks = ReadBlocks(ref json, check);
            else
                json.Skip();
        }

        // Reads to the end, so that anything behind the object is refused.
        while (json.Read())
        {
        }

        return row;
    }

    private static long? Number(ref Utf8JsonReader json, RowCheck check, string field)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var number))
            return number;

        check.Reject(field, json.TokenType == JsonTokenType.Number ? json.ValueSpan : default, "not a whole number");
        json.Skip();
        return null;
    }

    private bool ReadBlocks(ref Utf8JsonReader json, RowCheck check)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            check.Reject("hash_ids", default, "not an array");
            json.Skip();
            return false;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var hash) && blocks.Count < MaxBlocks)
            {
                blocks.Add(hash);
                continue;
            }

            check.Reject("hash_ids", default, $"element {blocks.Count + 1} is no whole number, or there are more than {MaxBlocks}");
            json.Skip();
        }

        return true;
    }

    private struct Row
    {
        public long? Timestamp;
        public long? Input;
        public long? Output;
        public bool HasBlocks;
    }
}
