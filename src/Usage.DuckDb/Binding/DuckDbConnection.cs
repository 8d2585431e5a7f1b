using System.Text;
using Apex.Usage.DuckDb.Native;

namespace Apex.Usage.DuckDb.Binding;

/// <summary>Runs statements one at a time; only <see cref="Interrupt"/> may be called from another thread.</summary>
internal sealed class DuckDbConnection(ConnectionHandle handle) : IDisposable
{
    /// <summary>Runs one or several statements without parameters: schema and transaction control.</summary>
    internal unsafe void Execute(string sql)
    {
        NativeResult result;
        var state = DuckDbApi.Query(handle, sql, &result);
        try
        {
            if (state != DuckDbState.Success)
                throw DuckDbException.From(DuckDbApi.ResultError(&result), "duckdb_query");
        }
        finally
        {
            DuckDbApi.DestroyResult(&result);
        }
    }

    /// <summary>Runs a statement that changes rows and says how many.</summary>
    internal long Change(SqlStatement sql)
    {
        using var result = Query(sql);
        return result.RowsChanged;
    }

    /// <summary>The whole answer is computed before the first chunk.</summary>
    internal DuckDbResult Query(SqlStatement sql) => Run(sql, streaming: false);

    /// <summary>Chunks are computed as they are fetched; the connection serves nothing else meanwhile.</summary>
    internal DuckDbResult Stream(SqlStatement sql) => Run(sql, streaming: true);

    internal DuckDbAppender Append(string table)
    {
        if (DuckDbApi.CreateAppender(handle, null, table, out var appender) == DuckDbState.Success)
            return new DuckDbAppender(appender);

        using (appender)
            throw Failure(appender);
    }

    /// <summary>Ends the running statement with an error; harmless when none runs.</summary>
    internal void Interrupt()
    {
        if (!handle.IsClosed)
            DuckDbApi.Interrupt(handle);
    }

    public void Dispose() => handle.Dispose();

    private unsafe DuckDbResult Run(SqlStatement sql, bool streaming)
    {
        var prepared = DuckDbApi.Prepare(handle, sql.Text, out var statement);
        try
        {
            if (prepared != DuckDbState.Success)
                throw DuckDbException.From(DuckDbApi.PrepareError(statement), "duckdb_prepare");

            for (var index = 0; index < sql.Parameters.Count; index++)
            {
                if (Bind(statement, (ulong)index + 1, sql.Parameters[index]) != DuckDbState.Success)
                    throw DuckDbException.From(DuckDbApi.PrepareError(statement), $"Binding parameter {index + 1}");
            }

            NativeResult result;
            var state = streaming
                ? DuckDbApi.ExecutePreparedStreaming(statement, &result)
                : DuckDbApi.ExecutePrepared(statement, &result);
            var answer = new DuckDbResult(statement, result);
            if (state == DuckDbState.Success)
                return answer;

            using (answer)
                throw answer.Failure();
        }
        catch
        {
            statement.Dispose();
            throw;
        }
    }

    private static unsafe DuckDbState Bind(StatementHandle statement, ulong index, object? value)
    {
        switch (value)
        {
            case null:
                return DuckDbApi.BindNull(statement, index);
            case bool flag:
                return DuckDbApi.BindBoolean(statement, index, flag);
            case int number:
                return DuckDbApi.BindInt64(statement, index, number);
            case long number:
                return DuckDbApi.BindInt64(statement, index, number);
            case double number:
                return DuckDbApi.BindDouble(statement, index, number);
            case DateTimeOffset time:
                return DuckDbApi.BindTimestamp(statement, index, Timestamps.ToMicroseconds(time));
            case string text:
                var utf8 = Encoding.UTF8.GetBytes(text);
                fixed (byte* bytes = utf8)
                    return DuckDbApi.BindVarchar(statement, index, bytes, (ulong)utf8.Length);
            default:
                throw new ArgumentException($"A {value.GetType().Name} cannot be bound to a statement.", nameof(value));
        }
    }

    private static unsafe DuckDbException Failure(AppenderHandle appender) =>
        appender.IsInvalid
            ? new DuckDbException("duckdb_appender_create failed.")
            : DuckDbException.From(DuckDbApi.AppenderError(appender), "duckdb_appender_create");
}
