using System.Collections.Concurrent;
using System.Globalization;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Server.CrashHost;

/// <summary>
/// Where each run stops. A message names the point of its run by its idempotency key; a line "RUN POINT" of the plan does for runs of
/// before. Points are "append-N", before the N-th append of the run in this process, and "before-TOOL" and "after-TOOL".
/// </summary>
internal sealed class CrashPoints(IEnumerable<string> plan)
{
    private const string KeyPrefix = "key:";

    private readonly ConcurrentDictionary<RunId, string> points =
        new(plan.Select(line => line.Split(' ')).Select(words => KeyValuePair.Create(RunId.From(words[0]), words[1])));

    private readonly ConcurrentDictionary<RunId, int> appends = new();

    public Task BeforeAppendAsync(FeedAppend append)
    {
        foreach (var claim in append.Changes.OfType<RecordChange.ClaimKey>())
            points[claim.Claim.RunId] = claim.Claim.Key[KeyPrefix.Length..];
        if (append.Run is not { } run)
            return Task.CompletedTask;
        var number = appends.AddOrUpdate(run, 1, (_, count) => count + 1);
        return ReachAsync(run, string.Create(CultureInfo.InvariantCulture, $"append-{number}"));
    }

    public async Task ReachAsync(RunId run, string point)
    {
        if (!points.TryGetValue(run, out var planned) || planned != point)
            return;
        Console.WriteLine($"stopped {run}");
        await Task.Delay(Timeout.Infinite);
    }
}
