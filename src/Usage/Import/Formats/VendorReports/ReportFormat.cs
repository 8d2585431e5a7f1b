using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.VendorReports;

/// <summary>
/// Shared by the vendors' usage reports: pages of buckets, each with sums of many calls by group. A bucket that has not ended grows
/// on, so it is left for a later import. Each sum becomes one row, marked as a sum.
/// </summary>
internal abstract class ReportFormat(string name, JsonShape shape) : JsonFormat(name, shape)
{
    public override IReadOnlyList<string> Assumptions =>
    [
        "Each row sums up many calls of one model in one bucket of time; counts of requests and percentiles over them say nothing.",
        "A sum is marked duplicate_source where single calls of the same model and time are in the log as well.",
        "Buckets that have not ended are left out; import them again later.",
    ];

    protected override void ReadObject(JsonElement row, ReadOnlyMemory<byte> record, CallSink calls)
    {
        if (JsonText.ArrayInside(row, "data") is not { } page)
        {
            ReadBucket(row, calls);
            return;
        }

        foreach (var bucket in page.EnumerateArray())
            ReadBucket(bucket, calls);
    }

    /// <summary>The row of one sum, not yet with ids; null when it is rejected.</summary>
    protected abstract UsageEvent? ReadSum(JsonElement sum, DateTimeOffset start, DateTimeOffset end, RowCheck check);

    /// <summary>Names of the bucket's bounds and how they are written.</summary>
    protected abstract (string Start, string End, TimeUnit Unit) Bounds { get; }

    /// <summary>Whether the sum is of tokens; others (costs, seconds, images) are passed over.</summary>
    protected abstract bool IsOfTokens(JsonElement sum);

    private void ReadBucket(JsonElement bucket, CallSink calls)
    {
        var (startName, endName, unit) = Bounds;
        if (JsonText.ArrayInside(bucket, "results") is not { } sums)
        {
            calls.Reject("results", default, "missing; a bucket lists its sums there");
            return;
        }

        var check = calls.Check;
        var start = check.Start(startName, JsonText.Inside(bucket, startName), unit);
        var end = check.OptionalTime(endName, JsonText.Inside(bucket, endName), unit);
        if (end is null || end <= start)
            check.Reject(endName, JsonText.Inside(bucket, endName), "missing, or not after the bucket's start");
        if (check.Problem is not null || end is not { } last)
        {
            calls.Take(null);
            return;
        }

        foreach (var sum in sums.EnumerateArray())
        {
            if (last > check.Now || !IsOfTokens(sum))
                calls.Skip();
            else
                calls.Take(ReadSum(sum, start, last, check));
        }
    }
}
