namespace Apex.Usage.Demo;

/// <summary>
/// A small seeded generator (SplitMix64) with the few distributions the demonstration needs. Own arithmetic, because the
/// framework does not promise that its generator gives the same numbers in its next version.
/// </summary>
internal struct DemoRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>0 inclusive to 1 exclusive.</summary>
    public double Share() => (Next() >> 11) * (1.0 / (1UL << 53));

    public int Below(int limit) => (int)(Share() * limit);

    /// <summary>Sum of four uniforms: close enough to normal, and cheap. Mean 0, deviation 1.</summary>
    public double Normal() => (Share() + Share() + Share() + Share() - 2) * 1.7320508;

    /// <summary>Skewed to the right as token counts are, with this mean; at least 1.</summary>
    public int Tokens(int mean) => Math.Max(1, (int)(mean * Math.Exp((0.45 * Normal()) - 0.10)));
}
