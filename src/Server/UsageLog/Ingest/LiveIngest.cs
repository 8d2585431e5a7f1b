using System.Threading.Channels;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Server.UsageLog.Ingest;

/// <summary>
/// Stores the calls that arrive live. What arrives while a batch is being stored is stored together next, since a transaction of the
/// log costs the same for one row as for thousands. A request is answered only when its rows are stored.
/// </summary>
internal sealed class LiveIngest(IUsageLog log) : IAsyncDisposable
{
    private const int MaxWaiting = 256;
    private const int MaxBatchRows = 20_000;

    private readonly Channel<Waiting> waiting = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private readonly CancellationTokenSource stop = new();
    private Task loop = Task.CompletedTask;

    public Task StartAsync()
    {
        loop = Task.Run(() => WorkAsync(stop.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <returns>Null when so many requests wait that this one is refused.</returns>
    /// <exception cref="UsageLogException">The log cannot be written now.</exception>
    public async Task<int?> StoreAsync(TenantId tenant, IReadOnlyList<UsageEvent> calls, CancellationToken cancellationToken)
    {
        var mine = new Waiting(tenant, calls);
        return waiting.Writer.TryWrite(mine) ? await mine.Stored.Task.WaitAsync(cancellationToken) : null;
    }

    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        await stop.CancelAsync();
        await loop;
        stop.Dispose();
    }

    private async Task WorkAsync(CancellationToken stopping)
    {
        try
        {
            while (await waiting.Reader.WaitToReadAsync(stopping))
            {
                foreach (var group in TakeBatch().GroupBy(request => request.Tenant))
                    await StoreTogetherAsync(group.Key, [.. group], stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Their senders get no answer and send again to the next process; rows stored already are skipped then.
            while (waiting.Reader.TryRead(out var left))
                left.Stored.TrySetCanceled(stopping);
        }
    }

    private List<Waiting> TakeBatch()
    {
        var batch = new List<Waiting>();
        var rows = 0;
        while (rows < MaxBatchRows && waiting.Reader.TryRead(out var next))
        {
            batch.Add(next);
            rows += next.Calls.Count;
        }

        return batch;
    }

    private async Task StoreTogetherAsync(TenantId tenant, Waiting[] requests, CancellationToken stopping)
    {
        try
        {
            var rows = requests.Length == 1 ? requests[0].Calls : [.. requests.SelectMany(request => request.Calls)];
            await log.AppendAsync(tenant, rows, stopping);
            foreach (var request in requests)
                request.Stored.TrySetResult(request.Calls.Count);
        }
        catch (Exception fault)
        {
            // Each sender is told, and the loop goes on: the next batch may be another tenant's or find the disk free again.
            foreach (var request in requests)
                request.Stored.TrySetException(fault);
        }
    }

    private sealed record Waiting(TenantId Tenant, IReadOnlyList<UsageEvent> Calls)
    {
        public TaskCompletionSource<int> Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
