namespace Apex.Usage.Tools.Statistics;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014) for draws that must be the same on every machine and in every version: the framework promises
/// neither for its own generator.
/// </summary>
internal struct SplitMix(ulong seed)
{
    private ulong _state = seed;

    /// <summary>0 inclusive to <paramref name="limit"/> exclusive.</summary>
    public int Below(int limit) => (int)(Next() % (ulong)limit);

    private ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
