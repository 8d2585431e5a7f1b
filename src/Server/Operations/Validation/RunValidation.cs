using System.Text.Json;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Protocol.Order;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Server.Operations.Validation;

/// <summary>Reads runs back from the store, at work or ended, and checks what was stored of them.</summary>
internal sealed class RunValidation(IFeed feed, IRecords records, TimeProvider time)
{
    private const int MaxPage = 1_000;
    private const int MaxRuns = 1_000;

    /// <returns>Null where retention has removed events of the run.</returns>
    public async ValueTask<RunValidationView?> CheckAsync(RunRecord run, CancellationToken cancellationToken)
    {
        var events = await ReadAsync(run.User, run.Id, cancellationToken);
        if (events is null || (run.EndedAt is not null && events.Count == 0))
            return null;

        var now = time.GetUtcNow();
        var faults = RunChecker.Check(events, now);
        var atWork = run.State is RunState.Running or RunState.Recovering;
        var last = events.Count > 0 ? events[^1].GetProperty("timestamp").GetDateTimeOffset() : run.StartedAt ?? run.CreatedAt;
        return new RunValidationView(
            run.Id,
            run.State,
            run.CreatedAt,
            events.Count,
            run.EndedAt is null ? [.. faults.Where(static fault => fault.Kind != RunFaultKind.Incomplete)] : faults,
            atWork ? Math.Max(0, (long)(now - last).TotalMilliseconds) : null,
            run.User);
    }

    public async Task<ValidationReport> ReportAsync(TimeSpan over, CancellationToken cancellationToken)
    {
        var runs = await records.ListRunsSinceAsync(time.GetUtcNow() - over, MaxRuns, cancellationToken);
        var views = new List<RunValidationView>();
        foreach (var run in runs)
        {
            if (await CheckAsync(run, cancellationToken) is { } view)
                views.Add(view);
        }

        return new ValidationReport(
            runs.Count, runs.Count - views.Count, [.. views.Where(static view => view.Faults.Count > 0)], [.. views.Where(IsSilent)]);
    }

    /// <summary>Runs of every user that are at work and say nothing.</summary>
    public async Task<IReadOnlyList<RunValidationView>> SilentAsync(CancellationToken cancellationToken)
    {
        var silent = new List<RunValidationView>();
        foreach (var run in await records.ListUnfinishedRunsAsync(cancellationToken))
        {
            if (run.State is RunState.Running or RunState.Recovering
                && await CheckAsync(run, cancellationToken) is { } view && IsSilent(view))
            {
                silent.Add(view);
            }
        }

        return silent;
    }

    private static bool IsSilent(RunValidationView view) => view.SilentMs > RunChecker.MaxGap.TotalMilliseconds;

    private async ValueTask<List<JsonElement>?> ReadAsync(UserId user, RunId run, CancellationToken cancellationToken)
    {
        var events = new List<JsonElement>();
        for (var after = 0L; ;)
        {
            var page = await feed.ReadRunAsync(user, run, after, MaxPage, cancellationToken);
            if (page.Count == 0)
                return events;
            if (after == 0 && page[0].RunSeq > 1)
                return null;
            foreach (var entry in page)
            {
                using var document = JsonDocument.Parse(entry.Utf8);
                events.Add(document.RootElement.Clone());
            }

            after = page[^1].RunSeq ?? after + page.Count;
        }
    }
}
