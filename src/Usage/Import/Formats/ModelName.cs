using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats;

/// <summary>A model's name as a log gives it, with the provider some write before it, and what is wrong with it.</summary>
internal readonly record struct ModelName(string? Model, string? Provider, string? Flag)
{
    public static ModelName Read(string? text)
    {
        if (text is null or "None" or "none" or "null" or "unknown")
            return new ModelName(null, null, QualityFlags.ModelMissing);

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var provider = slash > 0 ? text[..slash] : null;
        var isRedacted = text.AsSpan(slash + 1).Contains("REDACTED", StringComparison.Ordinal);
        return new ModelName(text, provider, isRedacted ? QualityFlags.ModelRedacted : null);
    }
}
