using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Apex.Usage.Query;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Apex.Server.UsageLog;

/// <summary>
/// Owns the jobs: queues them, works on a few at once, tells their owners how they get on, and keeps what became of them. A job that
/// the process did not live to end is reported as interrupted; imports can be repeated, because stored rows are skipped.
/// </summary>
internal sealed partial class ImportJobs(
    IDocumentStore documents,
    IFeed feed,
    IOptions<UsageLogOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider clock,
    ILogger<ImportJobs> logger) : IAsyncDisposable
{
    private const string Interrupted = "The server stopped before this was done. Repeat it: rows that are stored already are skipped.";
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, ImportJob> alive = new(StringComparer.Ordinal);
    private readonly Lock admission = new();
    private readonly Channel<ImportJob> waiting = Channel.CreateUnbounded<ImportJob>(); // bounded by the admission per organisation

    private readonly CancellationTokenSource stop =
        CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);

    private Task loops = Task.CompletedTask;

    public static string NewId() => "job_" + Guid.CreateVersion7().ToString("N");

    /// <summary>Takes the work over, to be disposed even when it is refused.</summary>
    /// <returns>Null when the job is accepted.</returns>
    public async ValueTask<Refusal?> StartAsync(
        Principal principal, string jobId, string? fileName, ImportWork work, CancellationToken cancellationToken)
    {
        var view = new ImportJobView(
            jobId, JobState.Queued, fileName, null, 0, 0, 0, 0, [], 0, null, new Dictionary<string, long>(), null, null);
        var job = new ImportJob(principal.OrganisationId, principal.User, view, work);
        if (!TryAdmit(job))
        {
            await work.DisposeAsync();
            return new Refusal(
                ErrorCode.Busy,
                $"{options.Value.ImportsPerOrganisation} imports of your organisation wait already (imports_per_organisation).",
                RetryAfterMs: 5_000);
        }

        try
        {
            await SaveAsync(job, cancellationToken);
        }
        catch
        {
            alive.TryRemove(jobId, out _);
            await work.DisposeAsync();
            throw;
        }

        await waiting.Writer.WriteAsync(job, CancellationToken.None);
        return null;
    }

    /// <returns>Null for an unknown job and for another organisation's.</returns>
    public async ValueTask<ImportJobView?> FindAsync(string organisationId, string jobId, CancellationToken cancellationToken)
    {
        if (alive.TryGetValue(jobId, out var job))
            return job.OrganisationId == organisationId ? job.View : null;
        if (await documents.FindAsync(organisationId, NameOf(jobId), cancellationToken) is not { } json)
            return null;

        var view = JsonSerializer.Deserialize(json.Span, ApexJson.Default.ImportJobView);
        return view is { State: JobState.Queued or JobState.Running }
            ? view with { State = JobState.Failed, Error = Interrupted }
            : view;
    }

    /// <returns>False when there is no such job that has not ended.</returns>
    public async ValueTask<bool> CancelAsync(string organisationId, string jobId)
    {
        if (!alive.TryGetValue(jobId, out var job) || job.OrganisationId != organisationId || job.HasEnded)
            return false;
        await job.CancelAsync();
        return true;
    }

    public Task StartAsync()
    {
        loops = Task.WhenAll(
            Enumerable.Range(0, options.Value.ImportsAtOnce).Select(_ => Task.Run(() => WorkAsync(stop.Token), CancellationToken.None)));
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loops;
        stop.Dispose();
    }

    private async Task WorkAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var job in waiting.Reader.ReadAllAsync(stopping))
                await WorkOffAsync(job, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // What still waits is reported as interrupted by the next process; its spooled file goes now.
            while (waiting.Reader.TryRead(out var job))
                await job.Work.DisposeAsync();
        }
    }

    private async Task WorkOffAsync(ImportJob job, CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping, job.CancelRequested);
        await using (job.Work)
            job.View = await DoAsync(job, stopping, ending.Token);

        Tell(job, last: true);
        try
        {
            await SaveAsync(job, CancellationToken.None);
            alive.TryRemove(job.Id, out _);
        }
        catch (StorageUnavailableException away)
        {
            // The job stays in memory, so that its owner still learns how it ended.
            LogNotSaved(away, job.Id);
        }
    }

    private async Task<ImportJobView> DoAsync(ImportJob job, CancellationToken stopping, CancellationToken ending)
    {
        try
        {
            ending.ThrowIfCancellationRequested();
            job.View = job.View with { State = JobState.Running };
            await SaveAsync(job, ending);
            var done = await job.Work.DoAsync(job.OrganisationId, job.View, new Reports(this, clock, job), ending);
            return done with { State = JobState.Completed };
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return stopping.IsCancellationRequested
                ? job.View with { State = JobState.Failed, Error = Interrupted }
                : job.View with { State = JobState.Cancelled, Error = "Cancelled. Rows stored before stay." };
        }
        catch (ImportFailedException failed)
        {
            return failed.View with { State = JobState.Failed, Error = failed.Message };
        }
        catch (Exception unavailable) when (unavailable is UsageLogException or StorageUnavailableException)
        {
            LogFailed(unavailable, job.Id, "");
            return job.View with
            {
                State = JobState.Failed,
                Error = "The store failed. Rows stored before stay; repeat the import when it is back.",
            };
        }
        catch (Exception fault)
        {
            var supportCode = Guid.CreateVersion7().ToString("N")[^12..];
            LogFailed(fault, job.Id, supportCode);
            return job.View with
            {
                State = JobState.Failed,
                Error = $"It failed for a reason inside the server. Quote the code {supportCode} when you ask for help.",
            };
        }
    }

    private bool TryAdmit(ImportJob job)
    {
        lock (admission)
        {
            var held = alive.Values.Count(other => other.OrganisationId == job.OrganisationId && !other.HasEnded);
            return held < options.Value.ImportsPerOrganisation && alive.TryAdd(job.Id, job);
        }
    }

    private ValueTask SaveAsync(ImportJob job, CancellationToken cancellationToken) => documents.SaveAsync(
        job.OrganisationId, NameOf(job.Id), JsonSerializer.SerializeToUtf8Bytes(job.View, ApexJson.Default.ImportJobView), cancellationToken);

    private void Tell(ImportJob job, bool last = false)
    {
        var view = job.View;
        double? percentage = view.State == JobState.Completed ? 100
            : view.BytesTotal is > 0 and { } total ? Math.Min(100, 100d * view.BytesRead / total) : null;
        var operation = last ? $"{job.Work.Operation} {view.State.ToString().ToLowerInvariant()}" : job.Work.Operation;
        feed.PublishTransient(
            job.User, new Progress(job.Id, operation, view.BytesRead, view.BytesTotal, percentage), mergeKey: job.Id);
    }

    private static string NameOf(string jobId) => "jobs/" + jobId;

    /// <summary>Swaps the job's view at each report and tells the owner now and then.</summary>
    private sealed class Reports(ImportJobs jobs, TimeProvider clock, ImportJob job) : IProgress<ImportJobView>
    {
        private long told;

        public void Report(ImportJobView value)
        {
            job.View = value;
            if (told != 0 && clock.GetElapsedTime(told) < ProgressEvery)
                return;
            told = clock.GetTimestamp();
            jobs.Tell(job);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId} failed (support code {SupportCode}).")]
    private partial void LogFailed(Exception exception, string jobId, string supportCode);

    [LoggerMessage(Level = LogLevel.Error, Message = "How job {JobId} ended could not be stored.")]
    private partial void LogNotSaved(Exception exception, string jobId);
}
