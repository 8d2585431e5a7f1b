using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.VendorReports;

/// <summary>
/// Shared by the vendors' usage reports: pages of buckets, each with sums of many calls by group. A bucket that has not ended grows
/// on, so it is left for a later import. Each sum becomes one row, marked as a sum. A vendor says only what its words are.
/// </summary>
/// <param name="groupNames">By what a sum may be grouped; with the bucket's bounds these make its identity.</param>
internal abstract class ReportFormat(string name, string provider, RowOrigin origin, JsonShape shape, params string[] groupNames)
    : JsonFormat(name, shape)
{
    public override IReadOnlyList<string> Assumptions =>
    [
        "Each row sums up many calls of one model in one bucket of time; counts of requests and percentiles over them say nothing.",
        "A sum is marked duplicate_source, and left out of totals, where single calls of the same model and time are in the log as well.",
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

    /// <summary>Names of the bucket's bounds and how they are written.</summary>
    protected abstract (string Start, string End, TimeUnit Unit) Bounds { get; }

    /// <summary>Whether the sum is of tokens; others (costs, seconds, images) are passed over.</summary>
    protected abstract bool IsOfTokens(JsonElement sum);

    protected abstract TokenCounts ReadCounts(JsonElement sum, RowCheck check);

    /// <summary>What the vendor tells beside tokens and model: tier, who, tags.</summary>
    protected abstract UsageEvent Complete(UsageEvent row, JsonElement sum, SumGroups groups, Dictionary<string, string> tags);

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

    private UsageEvent? ReadSum(JsonElement sum, DateTimeOffset start, DateTimeOffset end, RowCheck check)
    {
        var model = check.OptionalText("model", JsonText.Inside(sum, "model"));
        var counts = ReadCounts(sum, check);
        if (check.Problem is not null)
            return null;

        var groups = new SumGroups(sum, groupNames);
        var parts = new CallParts
        {
            OwnId = groups.IdOf(start, end),
            Span = CallSpan.Of(start, null, end),
            Counts = counts,
            Request = ModelName.Read(model),
            Provider = provider,
            Flag = QualityFlags.SumOfCalls,
        };
        var tags = new Dictionary<string, string>();
        var row = parts.ToRow(origin, default) with { ApiKeyHash = TenantHash.OfKey(origin.Tenant, groups["api_key_id"]), Tags = tags };
        return Complete(row, sum, groups, tags);
    }
}
