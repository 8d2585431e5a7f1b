namespace Apex.Usage.Import.Reading;

/// <summary>
/// Cuts a stream into records with bounded memory. A record that is too long, or never ends, is told and passed over; what
/// follows is still read.
/// </summary>
internal sealed class RecordReader(Stream stream, RecordScanner scanner, int maxRecordBytes)
{
    private const int FirstBufferBytes = 128 * 1024;
    private const int ShownBytes = 400;

    private byte[] buffer = new byte[Math.Min(FirstBufferBytes, maxRecordBytes)];
    private int start;
    private int scanned;
    private int end;
    private long line = 1;
    private bool ended;

    /// <summary>Bytes at the current position without taking them, for looking at what kind of content this is.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(CancellationToken cancellationToken)
    {
        while (!ended && end < buffer.Length)
            await FillAsync(cancellationToken);
        return buffer.AsMemory(start, end - start);
    }

    /// <summary>Passes over bytes that were peeked and belong to no record.</summary>
    public void Skip(int bytes) => start = scanned = start + bytes;

    /// <summary>Changes how records are cut, before the first one is read.</summary>
    public void CutBy(RecordScanner newScanner) => scanner = newScanner;

    /// <summary>The next record that holds anything; null at the end. Its bytes stay valid until the next call.</summary>
    /// <exception cref="InvalidDataException">The stream's compression is damaged.</exception>
    public async ValueTask<RawRecord?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(out var record))
                return record;
            if (ended)
                return TakeRest();
            if (start == 0 && end == buffer.Length && buffer.Length >= maxRecordBytes)
                return await PassOverAsync(cancellationToken);

            await FillAsync(cancellationToken);
        }
    }

    private bool TryTake(out RawRecord? record)
    {
        while (scanned < end && scanner.Scan(buffer.AsSpan(scanned, end - scanned)) is > 0 and var length)
        {
            record = Take(scanned + length);
            if (record is not null)
                return true;
        }

        scanned = end;
        record = null;
        return false;
    }

    private RawRecord? Take(int recordEnd, string? problem = null)
    {
        var bytes = buffer.AsSpan(start, recordEnd - start);
        var content = scanner.Content(bytes);
        var contentStart = bytes.Overlaps(content, out var offset) ? offset : 0;
        var firstLine = line + bytes[..contentStart].Count((byte)'\n');
        var memory = buffer.AsMemory(start + contentStart, content.Length);

        line += bytes.Count((byte)'\n');
        start = scanned = recordEnd;
        scanner.Reset();
        return content.IsEmpty && problem is null ? null : new RawRecord(firstLine, memory, problem);
    }

    private RawRecord? TakeRest()
    {
        var problem = scanner.UnfinishedReason;
        if (start == end && problem is null)
            return null;
        if (problem is not null && scanner.ResumesAtNextLine)
            return GiveUpLine(problem);

        var rest = Take(end, problem);

        // Said once: what is missing at the end is not missing again when the caller asks again.
        scanner = new LineScanner();
        return rest;
    }

    /// <summary>Rejects the first line of a record that does not end, and reads on behind it.</summary>
    private RawRecord? GiveUpLine(string problem)
    {
        var newLine = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
        return Take(newLine < 0 ? end : start + newLine + 1, problem);
    }

    private async ValueTask<RawRecord?> PassOverAsync(CancellationToken cancellationToken)
    {
        var problem = $"longer than {maxRecordBytes / 1024 / 1024.0:0.###} MiB, the most a row may have";
        if (scanner.ResumesAtNextLine && buffer.AsSpan().Contains((byte)'\n'))
            return GiveUpLine(problem);

        var record = FirstBytes(problem);
        while (true)
        {
            line += buffer.AsSpan(start, end - start).Count((byte)'\n');
            start = scanned = end = 0;
            await FillAsync(cancellationToken);
            if (ended)
                return record;

            if (scanner.Scan(buffer.AsSpan(0, end)) is > 0 and var length)
            {
                line += buffer.AsSpan(0, length).Count((byte)'\n');
                start = scanned = length;
                scanner.Reset();
                return record;
            }
        }
    }

    private RawRecord FirstBytes(string problem)
    {
        var bytes = buffer.AsSpan(0, Math.Min(buffer.Length, ShownBytes));
        var content = scanner.Content(bytes);
        var lineBreaks = bytes.Overlaps(content, out var offset) ? bytes[..offset].Count((byte)'\n') : 0;
        return new RawRecord(line + lineBreaks, content.ToArray(), problem);
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (scanned, end, start) = (scanned - start, end - start, 0);
        }

        if (end == buffer.Length && buffer.Length < maxRecordBytes)
            Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, maxRecordBytes));

        var read = await stream.ReadAsync(buffer.AsMemory(end), cancellationToken);
        end += read;
        ended = read == 0;
    }
}

/// <param name="Line">Where it begins, from 1.</param>
/// <param name="Problem">Why the record as a whole cannot be read; null when it can be.</param>
internal readonly record struct RawRecord(long Line, ReadOnlyMemory<byte> Bytes, string? Problem);
