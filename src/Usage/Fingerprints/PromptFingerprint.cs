using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Apex.Usage.Fingerprints;

/// <summary>
/// What the log keeps of a prompt in place of its text: a hash of the text, a hash of its content words, and a MinHash signature of
/// its 5-word shingles. All are keyed by a salt of the organisation, so that equal texts of two organisations cannot be matched.
/// </summary>
/// <param name="PromptHash">Equal for equal texts.</param>
/// <param name="PromptNormHash">
/// Equal for texts with the same numbers, negations and content words in the same order; spaces, punctuation, case and
/// <see cref="PromptWords">function words</see> do not count.
/// </param>
/// <param name="MinHash">128 minima; the share of equal places estimates the Jaccard similarity of the shingles.</param>
public sealed record PromptFingerprint(string PromptHash, string PromptNormHash, IReadOnlyList<int> MinHash)
{
    public const int Permutations = 128;
    public const int ShingleWords = 5;

    private const int HashCharacters = 32;

    /// <param name="salt">Any length; the same for every prompt of one organisation.</param>
    public static PromptFingerprint Of(string text, ReadOnlySpan<byte> salt)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = PromptWords.Split(text);
        return new PromptFingerprint(
            Keyed(text, salt), Keyed(string.Join(' ', words.Where(PromptWords.IsContent)), salt), Signature(words, salt));
    }

    private static string Keyed(string text, ReadOnlySpan<byte> salt) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(salt, Encoding.UTF8.GetBytes(text)))[..HashCharacters];

    private static int[] Signature(List<string> words, ReadOnlySpan<byte> salt)
    {
        var minima = new uint[Permutations];
        Array.Fill(minima, uint.MaxValue);
        var shingles = Math.Max(1, words.Count - ShingleWords + 1);
        for (var start = 0; start < shingles; start++)
        {
            var shingle = Shingle(words, start, salt);
            for (var i = 0; i < Permutations; i++)
                minima[i] = Math.Min(minima[i], Permuted(shingle, (uint)i));
        }

        return Array.ConvertAll(minima, minimum => unchecked((int)minimum));
    }

    private static ulong Shingle(List<string> words, int start, ReadOnlySpan<byte> salt)
    {
        var text = string.Join(' ', words.Skip(start).Take(ShingleWords));
        return BinaryPrimitives.ReadUInt64LittleEndian(HMACSHA256.HashData(salt, Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>SplitMix64's mixing of shingle and number: as good as independent permutations, without tables.</summary>
    private static uint Permuted(ulong shingle, uint permutation)
    {
        var mixed = shingle + (permutation * 0x9E3779B97F4A7C15);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (uint)((mixed ^ (mixed >> 31)) >> 32);
    }
}
