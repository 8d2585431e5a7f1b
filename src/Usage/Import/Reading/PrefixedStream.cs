namespace Apex.Usage.Import.Reading;

/// <summary>A stream whose first bytes were looked at and are given out again.</summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> pending = prefix;

    /// <summary>At most as many bytes as were asked for, fewer only when there are no more.</summary>
    public ReadOnlyMemory<byte> Prefix { get; } = prefix;

    public static async Task<PrefixedStream> PeekAsync(Stream stream, int bytes, CancellationToken cancellationToken)
    {
        var prefix = new byte[bytes];
        var read = await stream.ReadAtLeastAsync(prefix, bytes, throwOnEndOfStream: false, cancellationToken);
        return new PrefixedStream(prefix.AsMemory(0, read), stream);
    }

    /// <summary>Passes over bytes of the prefix that were not read yet.</summary>
    public PrefixedStream Skip(int bytes)
    {
        pending = pending[bytes..];
        return this;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (pending.IsEmpty)
            return rest.ReadAsync(buffer, cancellationToken);

        var taken = Math.Min(buffer.Length, pending.Length);
        pending.Span[..taken].CopyTo(buffer.Span);
        pending = pending[taken..];
        return ValueTask.FromResult(taken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            rest.Dispose();
        base.Dispose(disposing);
    }
}
