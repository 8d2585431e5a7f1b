namespace Apex.Usage.Import.Reading;

/// <summary>Counts what is read. Leaves the source open; it is the caller's.</summary>
internal sealed class CountedStream(Stream source) : ReadOnlyStream
{
    private long bytesRead;

    /// <summary>May be asked from another thread.</summary>
    public long BytesRead => Interlocked.Read(ref bytesRead);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await source.ReadAsync(buffer, cancellationToken);
        Interlocked.Add(ref bytesRead, read);
        return read;
    }
}
