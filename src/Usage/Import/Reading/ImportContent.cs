using System.IO.Compression;
using System.Text;

namespace Apex.Usage.Import.Reading;

/// <summary>The content as UTF-8 without a byte order mark, unpacked where it is gzip; knows how much was taken from the source.</summary>
internal sealed class ImportContent : IAsyncDisposable
{
    // Without this switch of .NET a gzip stream that breaks off looks like one that ends; Directory.Build.props sets it.
    private const string StrictGzip = "System.IO.Compression.UseStrictValidation";

    private readonly CountedStream source;

    private ImportContent(CountedStream source, Stream text, bool isGzip)
    {
        this.source = source;
        Text = text;
        IsGzip = isGzip;
    }

    public Stream Text { get; }

    public bool IsGzip { get; }

    /// <summary>Bytes of the content as sent.</summary>
    public long BytesRead => source.BytesRead;

    public static async Task<ImportContent> OpenAsync(Stream content, CancellationToken cancellationToken)
    {
        var source = new CountedStream(content);
        var packed = await PrefixedStream.PeekAsync(source, 2, cancellationToken);
        var isGzip = packed.Prefix.Span.SequenceEqual<byte>([0x1f, 0x8b]);
        var plain = await PrefixedStream.PeekAsync(isGzip ? Unpack(packed) : packed, 3, cancellationToken);
        return new ImportContent(source, AsUtf8(plain), isGzip);
    }

    public ValueTask DisposeAsync() => Text.DisposeAsync();

    private static GZipStream Unpack(Stream packed)
    {
        if (!AppContext.TryGetSwitch(StrictGzip, out var isStrict) || !isStrict)
            throw new InvalidOperationException($"The program must run with {StrictGzip} = true in its runtimeconfig.json.");
        return new GZipStream(packed, CompressionMode.Decompress);
    }

    private static Stream AsUtf8(PrefixedStream plain)
    {
        var prefix = plain.Prefix.Span;
        if (prefix.StartsWith(Encoding.UTF8.Preamble))
            return plain.Skip(Encoding.UTF8.Preamble.Length);

        var encoding = prefix.StartsWith(Encoding.Unicode.Preamble) ? Encoding.Unicode
            : prefix.StartsWith(Encoding.BigEndianUnicode.Preamble) ? Encoding.BigEndianUnicode
            : null;
        return encoding is null
            ? plain
            : Encoding.CreateTranscodingStream(plain.Skip(encoding.Preamble.Length), encoding, Encoding.UTF8);
    }
}
