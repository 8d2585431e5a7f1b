namespace Apex.Usage.Import.Formats;

/// <summary>Token figures as a source gives them, overlapping or not.</summary>
internal readonly record struct TokenCounts
{
    public long Input { get; init; }
    public long CacheRead { get; init; }
    public long CacheWrite5m { get; init; }
    public long CacheWrite1h { get; init; }

    /// <summary>Always part of the input.</summary>
    public long AudioInput { get; init; }

    public long ImageInput { get; init; }
    public long Output { get; init; }
    public long Reasoning { get; init; }

    /// <summary>Always part of the output.</summary>
    public long AudioOutput { get; init; }

    /// <summary>Null when the source tells none.</summary>
    public long? Total { get; init; }

    /// <summary>What the source means by input where no total decides: true when cached tokens are part of it.</summary>
    public bool InputIncludesCached { get; init; }

    public bool IsAnthropic { get; init; }
}
