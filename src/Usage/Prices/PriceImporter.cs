using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;

namespace Apex.Usage.Prices;

/// <summary>
/// Reads LiteLLM's price map (JSON) and dated price history (CSV), gzipped or not. A bad entry is rejected alone, with its line,
/// field, value and reason; the rest is taken.
/// </summary>
public static partial class PriceImporter
{
    /// <summary>Unpacked size above which a file is refused.</summary>
    public const int MaxFileBytes = 64 * 1024 * 1024;

    /// <param name="fileName">Gives the effective date of a map when none is told, for instance <c>prices_2026-07-24.json</c>.</param>
    /// <param name="effectiveFrom">From when a map's prices hold; a history carries its own dates.</param>
    /// <exception cref="PriceImportException">Neither format, too large, or a map without a date.</exception>
    public static async Task<PriceImport> ImportAsync(
        Stream stream, string fileName, DateTimeOffset? effectiveFrom, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(fileName);
        var bytes = await ReadAsync(stream, cancellationToken);
        var start = FirstByte(bytes);
        if (start < 0)
            throw new PriceImportException($"{fileName} is empty.");

        return bytes[start] == (byte)'{'
            ? LiteLlmPriceMap.Read(bytes.AsMemory(start), fileName, effectiveFrom ?? DateIn(fileName))
            : PriceHistory.Read(bytes.AsMemory(start), fileName);
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var packed = await ReadToLimitAsync(stream, cancellationToken);
        if (packed.Length < 2 || packed[0] != 0x1f || packed[1] != 0x8b)
            return packed;
        try
        {
            await using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
            return await ReadToLimitAsync(gzip, cancellationToken);
        }
        catch (InvalidDataException broken)
        {
            throw new PriceImportException($"The gzip data is damaged: {broken.Message}");
        }
    }

    private static async Task<byte[]> ReadToLimitAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var kept = new MemoryStream();
        var buffer = new byte[81_920];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (kept.Length + read > MaxFileBytes)
                throw new PriceImportException($"The price file is larger than {MaxFileBytes / 1024 / 1024} MB unpacked.");
            kept.Write(buffer, 0, read);
        }

        return kept.ToArray();
    }

    private static int FirstByte(byte[] bytes)
    {
        var start = bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
        while (start < bytes.Length && bytes[start] is (byte)' ' or (byte)'\t')
            start++;
        return start < bytes.Length ? start : -1;
    }

    private static DateTimeOffset? DateIn(string fileName)
    {
        var matches = DayPattern().Matches(Path.GetFileName(fileName));
        return matches.Count > 0 && DateTime.TryParseExact(
            matches[^1].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? new DateTimeOffset(day, TimeSpan.Zero)
            : null;
    }

    [GeneratedRegex(@"20\d\d-[01]\d-[0-3]\d", RegexOptions.CultureInvariant)]
    private static partial Regex DayPattern();
}
