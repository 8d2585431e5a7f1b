using System.Text.Json;
using Apex.Usage.Import.Reading;

namespace Apex.Usage.Import.Formats;

/// <param name="Own">Names of the object's own properties, in order.</param>
/// <param name="Inner">Names of properties further inside, down to five levels.</param>
internal sealed record ObjectNames(IReadOnlyList<string> Own, IReadOnlySet<string> Inner)
{
    public bool Has(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!Own.Contains(name))
                return false;
        }

        return true;
    }
}

/// <summary>What the beginning of a JSON file tells about it.</summary>
internal static class JsonSample
{
    private const int MaxObjects = 50;
    private const int MaxDepth = 6;
    private const int MaxNames = 2_000;

    public static JsonShape ShapeOf(ReadOnlySpan<byte> sample)
    {
        if (sample[0] == (byte)'[')
            return JsonShape.Array;

        // A first line that is no whole object on its own goes on in the next: the objects have several lines each.
        var end = sample.IndexOf((byte)'\n');
        return end < 0 || IsWhole(sample[..end]) || !IsBegun(sample[..end]) ? JsonShape.Lines : JsonShape.Document;
    }

    /// <summary>Names in the first objects of the sample; what stands before the first error counts, since a sample may be cut.</summary>
    public static List<ObjectNames> Objects(ReadOnlySpan<byte> sample, JsonShape shape)
    {
        RecordScanner scanner = shape == JsonShape.Lines ? new LineScanner() : new JsonObjectScanner(shape == JsonShape.Array);
        var objects = new List<ObjectNames>();
        while (!sample.IsEmpty && objects.Count < MaxObjects)
        {
            var end = scanner.Scan(sample);
            objects.Add(NamesIn(scanner.Content(end < 0 ? sample : sample[..end])));
            sample = end < 0 ? default : sample[end..];
            scanner.Reset();
        }

        return objects;
    }

    private static bool IsWhole(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line);
        try
        {
            return json.Read() && json.TrySkip() && !json.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Whether the line is right as far as it goes; a broken line is no reason to read a file of lines otherwise.</summary>
    private static bool IsBegun(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line, isFinalBlock: false, state: default);
        try
        {
            while (json.Read())
            {
            }

            return json.CurrentDepth > 0 || json.BytesConsumed < line.Length;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static ObjectNames NamesIn(ReadOnlySpan<byte> value)
    {
        var own = new List<string>();
        var inner = new HashSet<string>(StringComparer.Ordinal);
        var json = new Utf8JsonReader(LoneSurrogates.Repaired(value) ?? value, isFinalBlock: false, state: default);
        try
        {
            while (json.Read() && own.Count + inner.Count < MaxNames)
            {
                if (json.TokenType != JsonTokenType.PropertyName || json.CurrentDepth > MaxDepth)
                    continue;
                if (json.CurrentDepth == 1)
                    own.Add(json.GetString() ?? "");
                else
                    inner.Add(json.GetString() ?? "");
            }
        }
        catch (JsonException)
        {
            own.RemoveAll(name => name.Length == 0);
        }

        return new ObjectNames(own, inner);
    }
}
