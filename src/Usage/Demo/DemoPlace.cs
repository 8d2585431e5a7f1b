namespace Apex.Usage.Demo;

/// <summary>Where a call stands: its day, its feature, its number within both.</summary>
internal readonly record struct DemoPlace(int Day, int Feature, int Number)
{
    /// <summary>Identifies a conversation in the hashes of its blocks; the lowest twelve bits are free for the block's number.</summary>
    public long Owner => (((long)Day << 34) | ((long)Feature << 30) | (uint)Number) << 12;
}
