using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Apex.Usage.Query;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Apex.Server.UsageLog;

/// <summary>
/// Owns the jobs: queues them, works on a few at once, tells their owners how they get on, and keeps what became of them. An import that
/// is accepted is stored with its file, and one that a process did not live to end is gone on with by the next.
/// </summary>
internal sealed partial class ImportJobs(
    IDocumentStore documents,
    ImportOrders orders,
    ImportWorks works,
    UploadSpool spool,
    IFeed feed,
    IOptions<UsageLogOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider clock,
    ILogger<ImportJobs> logger) : IAsyncDisposable
{
    private const int MaxAttempts = 3;
    private const int MostListed = 50;
    private const string Interrupted = "The server stopped before this was done. Repeat it.";
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, ImportJob> alive = new(StringComparer.Ordinal);
    private readonly Lock admission = new();
    private readonly Channel<ImportJob> waiting = Channel.CreateUnbounded<ImportJob>(); // bounded by the admission per organisation

    private readonly CancellationTokenSource stop =
        CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);

    private Task loops = Task.CompletedTask;

    public static string NewId() => "job_" + Guid.CreateVersion7().ToString("N");

    /// <summary>Takes over an import, and its spooled file, which goes even when the import is refused.</summary>
    /// <returns>Null when the job is accepted: it will be done whatever becomes of this process.</returns>
    public ValueTask<Refusal?> StartAsync(ImportOrder order, CancellationToken cancellationToken) =>
        StartAsync(JobOf(order), cancellationToken);

    /// <summary>Takes over work that is repeated by its owner when the process does not live to end it, to be disposed even when refused.</summary>
    /// <returns>Null when the job is accepted.</returns>
    public ValueTask<Refusal?> StartAsync(
        Principal principal, string jobId, string? fileName, ImportWork work, CancellationToken cancellationToken) =>
        StartAsync(new ImportJob(principal.OrganisationId, principal.User, Queued(jobId, fileName), work, order: null), cancellationToken);

    /// <returns>Null for an unknown job and for another organisation's.</returns>
    public async ValueTask<ImportJobView?> FindAsync(string organisationId, string jobId, CancellationToken cancellationToken)
    {
        if (alive.TryGetValue(jobId, out var job))
            return job.OrganisationId == organisationId ? job.View : null;
        var view = await ReadAsync(organisationId, NameOf(jobId), cancellationToken);
        return view is { State: JobState.Queued or JobState.Running }
            ? view with { State = JobState.Failed, Error = Interrupted }
            : view;
    }

    /// <summary>The organisation's newest jobs, the newest first.</summary>
    public async ValueTask<IReadOnlyList<ImportJobView>> ListAsync(string organisationId, CancellationToken cancellationToken)
    {
        var views = new List<ImportJobView>();
        // Ids begin with their time.
        foreach (var name in (await documents.ListAsync(organisationId, NameOf(""), cancellationToken)).OrderDescending(StringComparer.Ordinal).Take(MostListed))
        {
            if (await FindAsync(organisationId, name[NameOf("").Length..], cancellationToken) is { } view)
                views.Add(view);
        }

        return views;
    }

    /// <summary>The organisation's jobs that wait or are worked on, the oldest first.</summary>
    public IReadOnlyList<ImportJob> NotEnded(string organisationId) =>
        [.. alive.Values.Where(job => job.OrganisationId == organisationId && !job.HasEnded).OrderBy(job => job.Id, StringComparer.Ordinal)];

    /// <returns>False when there is no such job that has not ended.</returns>
    public async ValueTask<bool> CancelAsync(string organisationId, string jobId)
    {
        if (!alive.TryGetValue(jobId, out var job) || job.OrganisationId != organisationId || job.HasEnded)
            return false;
        await job.CancelAsync();
        return true;
    }

    /// <summary>Takes up what an earlier process left, then works.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var order in await orders.ListAsync(cancellationToken))
        {
            var job = JobOf(order);
            if (await ReadAsync(order.OrganisationId, NameOf(order.JobId), cancellationToken) is { } told)
                job.View = told;
            if (job.HasEnded)
                await CloseAsync(job);
            else
                TakeUp(job);
        }

        spool.KeepOnly(alive.Keys);
        loops = Task.WhenAll(
            Enumerable.Range(0, options.Value.ImportsAtOnce).Select(_ => Task.Run(() => WorkAsync(stop.Token), CancellationToken.None)));
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loops;
        stop.Dispose();
    }

    private ImportJob JobOf(ImportOrder order) => new(
        order.OrganisationId, UserId.From(order.UserId), Queued(order.JobId, order.FileName), works.Of(order), order);

    private static ImportJobView Queued(string jobId, string? fileName) =>
        new(jobId, JobState.Queued, fileName, null, 0, 0, 0, 0, [], 0, null, new Dictionary<string, long>(), null, null);

    private async ValueTask<Refusal?> StartAsync(ImportJob job, CancellationToken cancellationToken)
    {
        if (!TryAdmit(job))
        {
            await job.Work.DisposeAsync();
            return new Refusal(
                ErrorCode.Busy,
                $"{options.Value.ImportsPerOrganisation} imports of your organisation wait already (imports_per_organisation).",
                RetryAfterMs: 5_000);
        }

        try
        {
            await SaveAsync(job, job.View, cancellationToken);
            if (job.Order is { } order)
                await orders.SaveAsync(order, cancellationToken);
        }
        catch
        {
            alive.TryRemove(job.Id, out _);
            await job.Work.DisposeAsync();
            throw;
        }

        await waiting.Writer.WriteAsync(job, CancellationToken.None);
        return null;
    }

    private void TakeUp(ImportJob job)
    {
        job.IsTakenUp = true;
        job.View = job.View with { State = JobState.Queued };
        alive[job.Id] = job;
        waiting.Writer.TryWrite(job); // never full
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
            // The next process takes up what was ordered; other work that still waits is over.
            while (waiting.Reader.TryRead(out var job))
            {
                if (job.Order is null)
                    await job.Work.DisposeAsync();
            }
        }
    }

    private async Task WorkOffAsync(ImportJob job, CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping, job.CancelRequested);
        var ended = await DoAsync(job, stopping, ending.Token);
        var isKept = false;
        try
        {
            if (ended is null)
            {
                await PutOffAsync(job);
                return;
            }

            // Told only when nothing of it is left to do: who sees the end may count on the file being gone.
            await SaveAsync(job, ended, CancellationToken.None);
            await CloseAsync(job);
            isKept = true;
        }
        catch (Exception away) when (away is StorageUnavailableException or UsageLogException)
        {
            LogNotSaved(away, job.Id);
        }

        if (ended is null)
            return;
        job.View = ended;
        Tell(job, last: true);
        // One that could not be stored stays in memory, so that its owner still learns how it ended.
        if (isKept)
            alive.TryRemove(job.Id, out _);
    }

    /// <summary>The server stops in good order: that is no attempt that failed.</summary>
    private async Task PutOffAsync(ImportJob job)
    {
        job.View = job.View with { State = JobState.Queued };
        await SaveAsync(job, job.View, CancellationToken.None);
        if (job.Order is { } order)
            await orders.SaveAsync(order with { Attempts = 0 }, CancellationToken.None);
    }

    /// <summary>The order goes before the file: without its file an order could not be done.</summary>
    private async Task CloseAsync(ImportJob job)
    {
        if (job.Order is not null)
            await orders.RemoveAsync(job.Id, CancellationToken.None);
        await job.Work.DisposeAsync();
    }

    /// <returns>Null when the server stops and the next process is to go on.</returns>
    private async Task<ImportJobView?> DoAsync(ImportJob job, CancellationToken stopping, CancellationToken ending)
    {
        try
        {
            ending.ThrowIfCancellationRequested();
            if (await BeginAsync(job, ending) is { } refused)
                return refused;
            var done = await job.Work.DoAsync(job.OrganisationId, job.View, new Reports(this, clock, job), ending);
            return done with { State = JobState.Completed, Notes = job.IsTakenUp ? [.. done.Notes ?? [], Restarted] : done.Notes };
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            if (job.CancelRequested.IsCancellationRequested || !stopping.IsCancellationRequested)
                return job.View with { State = JobState.Cancelled, Error = "Cancelled. Rows stored before stay." };
            return job.Order is null ? job.View with { State = JobState.Failed, Error = Interrupted } : null;
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

    private const string Restarted = "The server stopped while this was worked on, and went on from the last rows that were stored.";

    /// <summary>Notes that a process works on it. One that brought down several without getting further is not tried for ever.</summary>
    /// <returns>How it ended, when it is given up.</returns>
    private async Task<ImportJobView?> BeginAsync(ImportJob job, CancellationToken cancellationToken)
    {
        if (job.Order is { } order)
        {
            var rows = await works.RowsTakenAsync(order, cancellationToken);
            var attempts = rows > order.RowsAtAttempt ? 1 : order.Attempts + 1;
            if (attempts > MaxAttempts)
                return job.View with
                {
                    State = JobState.Failed,
                    Error = $"The server stopped {MaxAttempts} times while it worked on this and got no further, so it is not tried again. Rows stored before stay.",
                };
            await orders.SaveAsync(order with { Attempts = attempts, RowsAtAttempt = rows }, cancellationToken);
        }

        job.View = job.View with { State = JobState.Running };
        await SaveAsync(job, job.View, cancellationToken);
        return null;
    }

    private bool TryAdmit(ImportJob job)
    {
        lock (admission)
        {
            var held = alive.Values.Count(other => other.OrganisationId == job.OrganisationId && !other.HasEnded);
            return held < options.Value.ImportsPerOrganisation && alive.TryAdd(job.Id, job);
        }
    }

    private async ValueTask<ImportJobView?> ReadAsync(string organisationId, string name, CancellationToken cancellationToken) =>
        await documents.FindAsync(organisationId, name, cancellationToken) is { } json
            ? JsonSerializer.Deserialize(json.Span, ApexJson.Default.ImportJobView)
            : null;

    private ValueTask SaveAsync(ImportJob job, ImportJobView view, CancellationToken cancellationToken) => documents.SaveAsync(
        job.OrganisationId, NameOf(job.Id), JsonSerializer.SerializeToUtf8Bytes(view, ApexJson.Default.ImportJobView), cancellationToken);

    private void Tell(ImportJob job, bool last = false)
    {
        var view = job.View;
        double? percentage = view.State == JobState.Completed ? 100
            : view.BytesTotal is > 0 and { } total ? Math.Min(100, 100d * view.BytesRead / total) : null;
        var operation = last ? $"{job.Work.Operation} {view.State.ToString().ToLowerInvariant()}" : job.Work.Operation;
        feed.PublishTransient(
            job.User, new Progress(job.Id, operation, view.BytesRead, view.BytesTotal, percentage), mergeKey: job.Id);
    }

    internal static string NameOf(string jobId) => "jobs/" + jobId;

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
