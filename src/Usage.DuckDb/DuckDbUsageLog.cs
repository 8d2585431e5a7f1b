using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Apex.Usage.DuckDb.Binding;
using Apex.Usage.DuckDb.Native;
using Apex.Usage.DuckDb.Sql;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Usage.DuckDb;

/// <summary>
/// The embedded usage log: one DuckDB file. DuckDB computes on its own threads; calls into it block one pool thread each, so
/// their number is bounded by the options. Cancelling a call interrupts the statement that runs.
/// </summary>
public sealed class DuckDbUsageLog : IUsageLog, IAsyncDisposable
{
    private const int MaxFindIds = 1_000;

    private readonly DuckDbUsageLogOptions options;
    private readonly DuckDbDatabase database;
    private readonly UsageWriter writer;
    private readonly SemaphoreSlim writeGate = new(1, 1);
    private readonly SemaphoreSlim queryGate;
    private readonly SemaphoreSlim scanGate;
    private bool disposed;

    private DuckDbUsageLog(DuckDbUsageLogOptions options, DuckDbDatabase database)
    {
        this.options = options;
        this.database = database;
        writer = new UsageWriter(database);
        queryGate = new SemaphoreSlim(options.ConcurrentQueries);
        scanGate = new SemaphoreSlim(options.ConcurrentScans);
    }

    private string Place => options.Path ?? "The usage log in memory";

    /// <summary>Opens or makes the log and brings its schema up to date.</summary>
    /// <exception cref="UsageLogException">The file is in use, damaged, of a newer version, or the engine is missing.</exception>
    /// <exception cref="ValidationException">An option is out of range.</exception>
    public static async Task<DuckDbUsageLog> OpenAsync(
        DuckDbUsageLogOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        if (options.Path is { } path && !OpenPaths.TryTake(path))
            throw UsageLogFile.InUse(path);

        try
        {
            return await Task.Run(
                () => new DuckDbUsageLog(options, UsageLogFile.Open(options, clock)), cancellationToken);
        }
        catch
        {
            if (options.Path is { } taken)
                OpenPaths.Release(taken);
            throw;
        }
    }

    public Task<int> AppendAsync(TenantId tenant, IReadOnlyList<UsageEvent> events, CancellationToken cancellationToken) =>
        events.Count == 0
            ? Task.FromResult(0)
            : WriteAsync(connection => writer.Append(connection, tenant, events, before: null), cancellationToken);

    public Task<int> AppendAsync(
        TenantId tenant, IReadOnlyList<UsageEvent> events, ImportMark before, CancellationToken cancellationToken) =>
        events.Count == 0
            ? Task.FromResult(0)
            : WriteAsync(connection => writer.Append(connection, tenant, events, before), cancellationToken);

    public Task<ImportMark?> FindMarkAsync(TenantId tenant, string importId, CancellationToken cancellationToken) =>
        AskAsync(connection => ImportMarks.Find(connection, tenant, importId), cancellationToken);

    public Task ForgetMarkAsync(TenantId tenant, string importId, CancellationToken cancellationToken) =>
        WriteAsync(connection => ImportMarks.Forget(connection, tenant, importId), cancellationToken);

    public Task<UsageTable> QueryAsync(UsageQuery query, CancellationToken cancellationToken)
    {
        var compiled = CompiledQuery.From(query);
        return AskAsync(
            connection =>
            {
                using var result = connection.Query(compiled.Statement);
                return compiled.Read(result);
            },
            cancellationToken);
    }

    public async IAsyncEnumerable<UsageRow> ReadGroupsAsync(UsageQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var compiled = CompiledQuery.Unlimited(query);
        var chunks = StreamAsync(
            () => new ChunkStream<UsageRow>(database.Connect(), compiled.Statement, compiled.ReadChunk), cancellationToken);
        await foreach (var chunk in chunks)
            foreach (var row in chunk)
                yield return row;
    }

    public IAsyncEnumerable<IReadOnlyList<UsageEvent>> ReadBatchesAsync(UsageScan scan, CancellationToken cancellationToken) =>
        StreamAsync(() => UsageEventReader.ScanCalls(database, scan), cancellationToken);

    public IAsyncEnumerable<UsageEvent> ReadAsync(UsageScan scan, CancellationToken cancellationToken) =>
        RowByRow.OfAsync(ReadBatchesAsync(scan, cancellationToken));

    public async Task<IReadOnlyList<UsageEvent>> FindAsync(
        TenantId tenant, IReadOnlyList<string> eventIds, CancellationToken cancellationToken)
    {
        if (eventIds.Count > MaxFindIds)
            throw new ArgumentException($"{eventIds.Count} event ids asked for; at most {MaxFindIds} at once.", nameof(eventIds));
        if (eventIds.Count == 0)
            return [];

        var found = await AskAsync(connection => UsageEventReader.Find(connection, tenant, eventIds), cancellationToken);
        return [.. eventIds.Distinct().Where(found.ContainsKey).Select(id => found[id])];
    }

    public Task<UsageExtent?> GetExtentAsync(TenantId tenant, CancellationToken cancellationToken) =>
        AskAsync(
            connection =>
            {
                var sql = new SqlStatement("SELECT count(*), min(ts_start), max(ts_start) FROM usage_event");
                WhereClause.AddTo(sql, tenant, window: null, filters: [], wherePresent: null);
                using var result = connection.Query(sql);
                using var row = result.Next()!; // an aggregate without groups always answers one row
                var rows = row.RequiredInt64();
                return row.Time() is { } first && row.Time() is { } last ? new UsageExtent(rows, first, last) : null;
            },
            cancellationToken);

    public Task<long> RepriceAsync(TenantId tenant, PriceBook prices, CancellationToken cancellationToken) =>
        WriteAsync(connection => writer.Reprice(connection, tenant, prices, cancellationToken), cancellationToken);

    /// <summary>Waits for the write and the queries that run, then closes the file. Scans must have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed)
            return;

        disposed = true;
        await writeGate.WaitAsync();
        for (var running = 0; running < options.ConcurrentQueries; running++)
            await queryGate.WaitAsync();
        await Task.Run(database.Dispose);
        if (options.Path is { } path)
            OpenPaths.Release(path);
        writeGate.Dispose();
        queryGate.Dispose();
        scanGate.Dispose();
    }

    private Task<T> WriteAsync<T>(Func<DuckDbConnection, T> work, CancellationToken cancellationToken) =>
        RunAsync(writeGate, work, cancellationToken);

    private Task<T> AskAsync<T>(Func<DuckDbConnection, T> work, CancellationToken cancellationToken) =>
        RunAsync(queryGate, work, cancellationToken);

    private async Task<T> RunAsync<T>(SemaphoreSlim gate, Func<DuckDbConnection, T> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        await gate.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(
                () =>
                {
                    using var connection = database.Connect();
                    using var interrupt = cancellationToken.UnsafeRegister(_ => connection.Interrupt(), null);
                    return work(connection);
                },
                cancellationToken);
        }
        catch (DuckDbException error)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw UsageLogFile.Explain(error, Place);
        }
        finally
        {
            gate.Release();
        }
    }

    private async IAsyncEnumerable<List<T>> StreamAsync<T>(
        Func<ChunkStream<T>> open, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        await scanGate.WaitAsync(cancellationToken);
        try
        {
            using var rows = open();
            await using var interrupt = cancellationToken.UnsafeRegister(_ => rows.Interrupt(), null);

            // The next chunk is computed while the caller works on this one.
            var pending = NextAsync(rows, cancellationToken);
            try
            {
                while (await pending is { } chunk)
                {
                    pending = NextAsync(rows, cancellationToken);
                    yield return chunk;
                }
            }
            finally
            {
                // A reader that leaves early must not free the connection under the running fetch.
                rows.Interrupt();
                await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            scanGate.Release();
        }
    }

    private async Task<List<T>?> NextAsync<T>(ChunkStream<T> rows, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(rows.Next, cancellationToken);
        }
        catch (DuckDbException error)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw UsageLogFile.Explain(error, Place);
        }
    }
}
