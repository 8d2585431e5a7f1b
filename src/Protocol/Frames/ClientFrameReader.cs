using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Apex.Protocol.Errors;
using Apex.Protocol.Ids;

namespace Apex.Protocol.Frames;

/// <summary>
/// Turns the bytes of one text frame into what the client said, or into the reason why it means nothing here. Whatever comes in, the
/// answer is one of the two: it never throws, and nothing of a refused frame is kept.
/// </summary>
public static class ClientFrameReader
{
    /// <summary>Objects and arrays inside one another; the outermost object counts as 1.</summary>
    public const int MaxDepth = 64;

    private const int MaxQuotedCharacters = 80;

    /// <summary>Reads one frame. The memory may be reused as soon as this returns.</summary>
    /// <param name="frame">What was said; to be looked at only when true is returned.</param>
    /// <param name="refusal">
    /// Why not, when false is returned: <c>invalid_json</c>, <c>invalid_message</c> or <c>unknown_type</c>, with the
    /// client's <c>message_id</c> as its <c>ref</c> where one could be read.
    /// </param>
    public static bool TryRead(
        ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out ClientFrame? frame, [NotNullWhen(false)] out Refusal? refusal)
    {
        frame = null;
        var envelope = Envelope.Scan(utf8);
        refusal = envelope.Refusal;
        if (refusal is not null)
            return false;

        try
        {
            frame = Deserialize(envelope.Type!, utf8);
        }
        catch (JsonException exception)
        {
            refusal = WrongField(envelope, exception);
            return false;
        }

        if (frame is null)
        {
            refusal = UnknownType(envelope);
            return false;
        }

        refusal = MissingField(envelope, frame);
        return refusal is null;
    }

    private static ClientFrame? Deserialize(string type, ReadOnlySpan<byte> utf8) => type switch
    {
        "user_message" or "chat" or "start_agent" => Read(utf8, ApexJson.Default.UserMessage),
        "ack" => Read(utf8, ApexJson.Default.Ack),
        "ping" => new Ping(),
        "typing" => Read(utf8, ApexJson.Default.Typing),
        "resume" => Read(utf8, ApexJson.Default.Resume),
        "steer" => Read(utf8, ApexJson.Default.Steer),
        "approve" => Read(utf8, ApexJson.Default.Approve),
        "stop_agent" => Read(utf8, ApexJson.Default.StopAgent),
        "auth_refresh" => Read(utf8, ApexJson.Default.AuthRefresh),
        "list_threads" => Read(utf8, ApexJson.Default.ListThreads),
        "get_thread_history" => Read(utf8, ApexJson.Default.GetThreadHistory),
        "create_thread" => Read(utf8, ApexJson.Default.CreateThread),
        "rename_thread" => Read(utf8, ApexJson.Default.RenameThread),
        "delete_thread" => Read(utf8, ApexJson.Default.DeleteThread),
        "switch_thread" => Read(utf8, ApexJson.Default.SwitchThread),
        "handshake_acknowledged" or "session_acknowledged" => Read(utf8, ApexJson.Default.HandshakeAcknowledged),
        "handshake_request" => new HandshakeRequest(),
        _ => null,
    };

    private static T? Read<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> typeInfo) => JsonSerializer.Deserialize(utf8, typeInfo);

    private static Refusal UnknownType(in Envelope envelope) =>
        new(ErrorCode.UnknownType, $"There is no frame of type \"{Cut(envelope.Type!)}\".", Ref: envelope.MessageId);

    /// <summary>What the record's constructor could not insist on: JSON leaves a missing field at its default.</summary>
    private static Refusal? MissingField(in Envelope envelope, ClientFrame frame) => frame switch
    {
        UserMessage { Payload: null } => Missing(envelope, "payload"),
        AuthRefresh { Token: null or "" } => Missing(envelope, "token"),
        Ack { Seq: < 1 } ack => Invalid(envelope, $"seq must be 1 or more, not {ack.Seq}."),
        Resume { After: < 0 } resume => Invalid(envelope, $"after must be 0 or more, not {resume.After}."),
        GetThreadHistory { ThreadId.Value: null } or RenameThread { ThreadId.Value: null }
            or DeleteThread { ThreadId.Value: null } or SwitchThread { ThreadId.Value: null } => Missing(envelope, "thread_id"),
        Steer { RunId.Value: null } => Missing(envelope, "run_id"),
        Steer { Content: null } => Missing(envelope, "content"),
        Approve { ApprovalId.Value: null } => Missing(envelope, "approval_id"),
        Approve { ArgumentsHash: null } => Missing(envelope, "arguments_hash"),
        Approve { Decision: null } => Missing(envelope, "decision"),
        RenameThread { Title: null } => Missing(envelope, "title"),
        StopAgent { RunId: null, InvocationId: null, ToolCallId: null } =>
            Invalid(envelope, "one of run_id, invocation_id and tool_call_id must be given."),
        _ => null,
    };

    private static Refusal Missing(in Envelope envelope, string field) => Invalid(envelope, $"the field {field} is missing.");

    private static Refusal Invalid(in Envelope envelope, string what) =>
        new(ErrorCode.InvalidMessage, $"{envelope.Type}: {what}", Ref: envelope.MessageId);

    private static Refusal WrongField(in Envelope envelope, JsonException exception)
    {
        var field = exception.Path is { Length: > 2 } path ? path[2..] : "a field";
        // The converters of ids say what they want; the serializer's own sentences name types of this program, which help nobody.
        var hint = exception.InnerException is null && exception.Message.StartsWith("An id must", StringComparison.Ordinal)
            ? $" An id must be a text of 1 to {TextIdConverter<RunId>.MaxIdCharacters} characters."
            : "";
        return Invalid(envelope, $"{Cut(field)} has a value of the wrong kind.{hint}");
    }

    private static string Cut(string text) =>
        text.Length <= MaxQuotedCharacters ? text : string.Concat(text.AsSpan(0, MaxQuotedCharacters), "…");

    /// <summary>What can be told of a frame before its type is known: whether it is a JSON object, its type and its message id.</summary>
    private readonly record struct Envelope
    {
        public string? Type { get; private init; }

        public string? MessageId { get; private init; }

        public Refusal? Refusal { get; private init; }

        public static Envelope Scan(ReadOnlySpan<byte> utf8)
        {
            // One level more than is allowed, so that the level too many is seen here and named, not thrown by the reader.
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
            try
            {
                return Scan(ref reader);
            }
            catch (JsonException exception)
            {
                return Refuse(ErrorCode.InvalidJson, NotJson(utf8, exception));
            }
            catch (InvalidOperationException)
            {
                // Reading a text that holds half of a surrogate pair.
                return Refuse(ErrorCode.InvalidMessage, "type and message_id must be valid Unicode text.");
            }
        }

        private static Envelope Scan(ref Utf8JsonReader reader)
        {
            string? type = null, messageId = null;
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return Refuse(ErrorCode.InvalidMessage, $"A frame must be a JSON object, not {Name(reader.TokenType)}.");

            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= MaxDepth)
                    return Refuse(ErrorCode.InvalidJson, $"The frame is nested deeper than {MaxDepth} levels.");
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                    continue;

                if (reader.ValueTextEquals("type"u8))
                {
                    if (!reader.Read() || reader.TokenType != JsonTokenType.String)
                        return Refuse(ErrorCode.InvalidMessage, $"The field type must be a text, not {Name(reader.TokenType)}.", messageId);
                    type ??= reader.GetString();
                }
                else if (reader.ValueTextEquals("message_id"u8) && reader.Read() && reader.TokenType == JsonTokenType.String)
                {
                    messageId ??= Cut(reader.GetString()!);
                }
            }

            return type is { Length: > 0 }
                ? new Envelope { Type = type, MessageId = messageId }
                : Refuse(ErrorCode.InvalidMessage, "The frame has no field type.", messageId);
        }

        private static Envelope Refuse(ErrorCode code, string message, string? messageId = null) =>
            new() { Refusal = new Refusal(code, message, Ref: messageId) };

        private static string Name(JsonTokenType token) => token switch
        {
            JsonTokenType.None => "nothing",
            JsonTokenType.StartArray => "an array",
            JsonTokenType.StartObject => "an object",
            JsonTokenType.String => "a text",
            JsonTokenType.Number => "a number",
            JsonTokenType.True or JsonTokenType.False => "a truth value",
            _ => "null",
        };

        private static string NotJson(ReadOnlySpan<byte> utf8, JsonException exception)
        {
            if (utf8.IsEmpty)
                return "The frame is empty.";
            var line = exception.LineNumber ?? 0;
            var position = exception.BytePositionInLine ?? 0;
            var where = $"line {line + 1}, byte {position + 1}";
            return line == 0 && position < utf8.Length && BareNumberWord(utf8[(int)position..]) is { } word
                ? $"The frame is not JSON: {word} at {where} is not a JSON number."
                : $"The frame is not JSON: it breaks off or goes wrong at {where}.";
        }

        /// <summary>Encoders of some languages write these by default, so they deserve their own sentence.</summary>
        private static string? BareNumberWord(ReadOnlySpan<byte> rest)
        {
            ReadOnlySpan<string> words = ["NaN", "Infinity", "-Infinity"];
            foreach (var word in words)
            {
                if (rest.Length >= word.Length && Encoding.ASCII.GetString(rest[..word.Length]) == word)
                    return word;
            }

            return null;
        }
    }
}
