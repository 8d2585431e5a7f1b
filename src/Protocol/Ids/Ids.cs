using System.Text.Json;
using System.Text.Json.Serialization;

namespace Apex.Protocol.Ids;

/// <summary>An opaque text id, 1 to 128 characters. Clients must not read meaning into one.</summary>
public interface ITextId<TSelf>
    where TSelf : struct, ITextId<TSelf>
{
    string Value { get; }

    static abstract TSelf From(string value);
}

/// <summary>A person with an account; owner of threads, runs and exactly one feed.</summary>
[JsonConverter(typeof(TextIdConverter<UserId>))]
public readonly record struct UserId(string Value) : ITextId<UserId>
{
    public static UserId From(string value) => new(value);

    public static UserId New() => new("user_" + IdSource.Next().ToString("N"));

    public override string ToString() => Value;
}

/// <summary>A conversation.</summary>
[JsonConverter(typeof(TextIdConverter<ThreadId>))]
public readonly record struct ThreadId(string Value) : ITextId<ThreadId>
{
    public static ThreadId From(string value) => new(value);

    public static ThreadId New() => new("thread_" + IdSource.Next().ToString("N"));

    public override string ToString() => Value;
}

/// <summary>One piece of agent work, from accepted message to terminal event. Clients of the Netra dialect choose their own.</summary>
[JsonConverter(typeof(TextIdConverter<RunId>))]
public readonly record struct RunId(string Value) : ITextId<RunId>
{
    public static RunId From(string value) => new(value);

    public static RunId New() => new("run_" + IdSource.Next().ToString("N"));

    public override string ToString() => Value;
}

/// <summary>A message in a thread, the user's or the reply. A user's message keeps the id its client gave it, made unique per user.</summary>
[JsonConverter(typeof(TextIdConverter<MessageId>))]
public readonly record struct MessageId(string Value) : ITextId<MessageId>
{
    public static MessageId From(string value) => new(value);

    public static MessageId New() => new("msg_" + IdSource.Next().ToString("N"));

    public override string ToString() => Value;
}

/// <summary>Something a run asked its user. Made from the place in the run that asks, so that a run asks the same only once.</summary>
[JsonConverter(typeof(TextIdConverter<ApprovalId>))]
public readonly record struct ApprovalId(string Value) : ITextId<ApprovalId>
{
    public static ApprovalId From(string value) => new(value);

    public override string ToString() => Value;
}

/// <summary>Reads and writes an id as a JSON string and refuses an empty or overlong one.</summary>
public sealed class TextIdConverter<TId> : JsonConverter<TId>
    where TId : struct, ITextId<TId>
{
    internal const int MaxIdCharacters = 128;

    public override TId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var value = reader.GetString();
        if (value is not { Length: > 0 and <= MaxIdCharacters })
            throw new JsonException($"An id must be a text of 1 to {MaxIdCharacters} characters.");
        return TId.From(value);
    }

    public override void Write(Utf8JsonWriter writer, TId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}
