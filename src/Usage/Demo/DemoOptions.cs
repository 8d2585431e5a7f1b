using System.ComponentModel.DataAnnotations;

namespace Apex.Usage.Demo;

/// <summary>Size and content of the demonstration organisation.</summary>
public sealed record DemoOptions
{
    /// <summary>Equal seeds give equal rows.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Days generated, 1 to 3,650; default 120.</summary>
    [Range(1, 3_650)]
    public int Days { get; init; } = 120;

    /// <summary>First day, UTC.</summary>
    public DateOnly FirstDay { get; init; } = new(2025, 9, 1);

    /// <summary>Multiplies the calls of every feature, 0.01 to 10,000; 1 gives about 1,600 calls on a weekday.</summary>
    [Range(0.01, 10_000)]
    public double Scale { get; init; } = 1;

    /// <summary>Plants a loop of one feature on one day, and one row with an absurd recorded cost.</summary>
    public bool PlantAnomaly { get; init; } = true;

    /// <summary>Gives each row hashes of its prompt's blocks, as prefix_cache_sim needs.</summary>
    public bool WithPrefixHashes { get; init; } = true;
}
