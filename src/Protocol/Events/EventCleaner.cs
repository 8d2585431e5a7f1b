using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Apex.Protocol.Events;

/// <summary>
/// Makes parameters fit to be stored and shown: secrets become <c>[REDACTED]</c>, folders of file paths are masked, long texts and
/// lists are cut with the cut named. Cleaning what is clean changes nothing.
/// </summary>
public static partial class EventCleaner
{
    public const int MaxTextCharacters = 200;
    public const int MaxListItems = 10;
    public const string Redacted = "[REDACTED]";

    /// <summary>Deeper values are cut, so a hostile nesting costs nothing.</summary>
    private const int MaxDepth = 16;

    /// <summary>Secret wherever they stand in a key.</summary>
    private static readonly string[] SecretParts =
        ["password", "passwd", "secret", "credential", "apikey", "accesstoken", "authorization", "privatekey"];

    /// <summary>Secret only as a word of their own: <c>author</c>, <c>monkey</c> and <c>input_tokens</c> hold none.</summary>
    private static readonly string[] SecretWords = ["key", "token", "auth", "bearer", "pin"];

    /// <returns>A clean copy that keeps nothing of the original alive.</returns>
    public static JsonElement Clean(JsonElement parameters)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
            Write(writer, parameters, depth: 0);
        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    /// <summary>Whether a value under this key is kept from everyone's eyes.</summary>
    public static bool IsSecret(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return SecretParts.Any(part => key.Contains(part, StringComparison.OrdinalIgnoreCase))
            || Word().EnumerateMatches(key) is var words && HoldsSecretWord(key, words);
    }

    /// <summary>Whether this value is: a truth value or none tells nothing.</summary>
    internal static bool IsSecret(JsonProperty property) =>
        IsSecret(property.Name) && property.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False);

    /// <summary>Masks paths and cuts a text; public because error messages need the same.</summary>
    public static string CleanText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var masked = FilePath().Replace(text, match => "[path]" + match.Groups["separator"].Value + match.Groups["name"].Value);
        if (masked.Length <= MaxTextCharacters || masked.EndsWith(" more characters]", StringComparison.Ordinal))
            return masked;
        // Half a surrogate pair cannot be written as UTF-8.
        var kept = char.IsHighSurrogate(masked[MaxTextCharacters - 1]) ? MaxTextCharacters - 1 : MaxTextCharacters;
        return $"{masked[..kept]}… [{masked.Length - kept} more characters]";
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, int depth)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object or JsonValueKind.Array when depth == MaxDepth:
                writer.WriteStringValue("[nested too deep]");
                break;
            case JsonValueKind.Object:
                WriteObject(writer, value, depth);
                break;
            case JsonValueKind.Array:
                WriteList(writer, value, depth);
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(CleanText(value.GetString()!)); // A string element holds a string.
                break;
            case JsonValueKind.Undefined:
                writer.WriteNullValue();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void WriteObject(Utf8JsonWriter writer, JsonElement value, int depth)
    {
        writer.WriteStartObject();
        foreach (var property in value.EnumerateObject())
        {
            writer.WritePropertyName(property.Name);
            if (IsSecret(property))
                writer.WriteStringValue(Redacted);
            else
                Write(writer, property.Value, depth + 1);
        }

        writer.WriteEndObject();
    }

    private static bool HoldsSecretWord(string key, Regex.ValueMatchEnumerator words)
    {
        foreach (var match in words)
        {
            var word = key.AsSpan(match.Index, match.Length);
            foreach (var secret in SecretWords)
            {
                if (word.Equals(secret, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }

    private static void WriteList(Utf8JsonWriter writer, JsonElement value, int depth)
    {
        writer.WriteStartArray();
        var count = value.GetArrayLength();
        // One over the limit is a list that was cut before: its last item names the cut.
        var kept = count == MaxListItems + 1 && IsCutNote(value[count - 1]) ? count : Math.Min(count, MaxListItems);
        for (var index = 0; index < kept; index++)
            Write(writer, value[index], depth + 1);
        if (count > kept)
            writer.WriteStringValue($"… [{count - kept} more items]");
        writer.WriteEndArray();
    }

    private static bool IsCutNote(JsonElement item) =>
        item.ValueKind == JsonValueKind.String && item.GetString()!.EndsWith(" more items]", StringComparison.Ordinal);

    /// <summary>Words of snake_case, kebab-case and camelCase names.</summary>
    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")]
    private static partial Regex Word();

    /// <summary>Absolute paths of at least two folders, POSIX or Windows; not the path of a web address.</summary>
    [GeneratedRegex("""(?<![\w:/.\]])(?:[A-Za-z]:)?(?<separator>[/\\])(?:[\w.@ +~-]+[/\\])+(?<name>[\w.@+~-]*)""")]
    private static partial Regex FilePath();
}
