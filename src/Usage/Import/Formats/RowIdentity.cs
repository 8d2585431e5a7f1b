using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Apex.Usage.Import.Formats;

/// <summary>
/// Source ids for rows that carry none: a hash of the row, with a number among equal rows, so that importing the file again gives
/// the same ids. Equal rows are told apart over the last one to two million different rows; farther ones count as one.
/// </summary>
internal sealed class RowIdentity
{
    private const int GenerationRows = 1_000_000;

    private Dictionary<Int128, int> recent = [];
    private Dictionary<Int128, int> older = [];

    /// <param name="occurrence">1 for the first of equal rows.</param>
    public string Of(ReadOnlySpan<byte> row, out int occurrence)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(row, hash);
        var key = BinaryPrimitives.ReadInt128BigEndian(hash);

        occurrence = 1 + (recent.TryGetValue(key, out var count) || older.TryGetValue(key, out count) ? count : 0);
        if (recent.Count == GenerationRows)
            (older, recent) = (recent, []);
        recent[key] = occurrence;

        var id = Convert.ToHexStringLower(hash[..16]);
        return occurrence == 1 ? id : string.Create(CultureInfo.InvariantCulture, $"{id}-{occurrence}");
    }
}
