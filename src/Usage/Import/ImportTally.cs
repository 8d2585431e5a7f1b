using Apex.Usage.Events;
using Apex.Usage.Import.Formats;
using Apex.Usage.Import.Reading;

namespace Apex.Usage.Import;

/// <summary>Counts what becomes of the rows. Reading and storing run at the same time, so each counts in its own fields.</summary>
internal sealed class ImportTally
{
    private const int MaxListedRejections = 100;

    // Reading
    private readonly Dictionary<string, long> flags = [];
    private readonly List<RejectedRow> listed = [];
    private DateTimeOffset? first;
    private DateTimeOffset? last;
    private long accepted;
    private long rejected;
    private long skipped;

    // Storing
    private long stored;
    private long duplicate;

    public long Read => Interlocked.Read(ref accepted) + Interlocked.Read(ref rejected);

    public long Rejected => Interlocked.Read(ref rejected);

    public long Skipped => skipped;

    /// <summary>The first of the rejected.</summary>
    public IReadOnlyList<RejectedRow> Listed => listed;

    public long Stored => Interlocked.Read(ref stored);

    public long Duplicate => Interlocked.Read(ref duplicate);

    public void Accept(UsageEvent call)
    {
        Interlocked.Increment(ref accepted);
        if (first is null || call.StartedAt < first)
            first = call.StartedAt;
        if (last is null || call.StartedAt > last)
            last = call.StartedAt;
        Count(call.QualityFlags);
        Count(call.PriceFlags);
    }

    public void Reject(long line, RowCheck check)
    {
        Interlocked.Increment(ref rejected);
        if (listed.Count < MaxListedRejections && check.Problem is { } problem)
            listed.Add(new RejectedRow(line, problem.Field, problem.Value, problem.Reason));
    }

    /// <summary>For what the file holds beside calls.</summary>
    public void Skip() => skipped++;

    public void Store(long rows, long newRows)
    {
        Interlocked.Add(ref stored, newRows);
        Interlocked.Add(ref duplicate, rows - newRows);
    }

    public ImportReport Report(IUsageFormat format, ImportContent source) => new()
    {
        Format = format.Name,
        Gzip = source.IsGzip,
        RowsRead = Read,
        RowsStored = Stored,
        RowsDuplicate = Duplicate,
        RowsRejected = Rejected,
        Rejected = listed,
        BytesRead = source.BytesRead,
        FirstStart = first,
        LastStart = last,
        QualityFlags = flags,
        RowsSkipped = skipped,
        Assumptions = skipped == 0 ? format.Assumptions : [.. format.Assumptions, Sentence(skipped)],
    };

    private static string Sentence(long records) => records == 1
        ? "1 record is no call of a model and was passed over."
        : $"{records} records are no calls of a model and were passed over.";

    private void Count(IReadOnlyList<string> found)
    {
        for (var index = 0; index < found.Count; index++)
            flags[found[index]] = flags.GetValueOrDefault(found[index]) + 1;
    }
}
