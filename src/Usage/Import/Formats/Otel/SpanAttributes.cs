using System.Text;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.Otel;

/// <summary>
/// Attributes of a span or of what emitted it, as texts. What a prompt said is hashed and forgotten at once; long values, which
/// are contents and not facts about a call, are not kept.
/// </summary>
internal sealed class SpanAttributes(TenantId tenant)
{
    private const int MaxAttributes = 512;
    private const int MaxNestedDepth = 8;

    private static readonly HashSet<string> PromptNames = new(StringComparer.Ordinal)
    {
        "gen_ai.input.messages", "gen_ai.prompt", "input.value", "llm.input_messages",
    };

    private readonly Dictionary<string, byte[]> values = new(StringComparer.Ordinal);

    public string? PromptHash { get; private set; }

    /// <summary>The value as text; empty when there is none.</summary>
    public ReadOnlySpan<byte> this[string name] => values.GetValueOrDefault(name);

    public IEnumerable<KeyValuePair<string, byte[]>> All => values;

    public ReadOnlySpan<byte> First(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (values.TryGetValue(name, out var value))
                return value;
        }

        return default;
    }

    public string? Label(params ReadOnlySpan<string> names)
    {
        var text = First(names);
        return text.IsEmpty ? null : Encoding.UTF8.GetString(text);
    }

    public bool HasPrefix(string prefix)
    {
        foreach (var name in values.Keys)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    public void Add(string name, ReadOnlySpan<byte> utf8)
    {
        if (PromptNames.Contains(name))
            PromptHash ??= utf8.IsEmpty ? null : TenantHash.OfContent(tenant, utf8);
        else if (!utf8.IsEmpty && utf8.Length <= RowCheck.MaxTextLength && values.Count < MaxAttributes)
            values.TryAdd(name, utf8.ToArray());
    }

    /// <summary>Adds an object's properties under their dotted paths, as OpenInference exports nest them.</summary>
    public void AddNested(System.Text.Json.JsonElement parent, string prefix = "", int depth = 0)
    {
        foreach (var property in parent.EnumerateObject())
        {
            var name = prefix.Length == 0 ? property.Name : $"{prefix}.{property.Name}";
            if (property.Value.ValueKind == System.Text.Json.JsonValueKind.Object && depth < MaxNestedDepth)
                AddNested(property.Value, name, depth + 1);
            else
                Add(name, JsonText.AsText(property.Value));
        }
    }
}
