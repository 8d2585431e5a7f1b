using Apex.Usage.DuckDb.Binding;

namespace Apex.Usage.Tests.Tools;

/// <summary>SQL over files as they are, in a DuckDB of its own that knows nothing of the usage log: the independent witness.</summary>
internal sealed class FileSql : IDisposable
{
    private readonly DuckDbDatabase _database = DuckDbDatabase.Open(null, new Dictionary<string, string> { ["threads"] = "2" });

    /// <summary>Rows of the answer; the statement casts every column to text.</summary>
    public IReadOnlyList<string?[]> Ask(string sql, int columns)
    {
        using var connection = _database.Connect();
        using var answer = connection.Query(new SqlStatement(sql));
        var rows = new List<string?[]>();
        while (answer.Next() is { } chunk)
            using (chunk)
                for (var row = 0; row < chunk.Rows; row++)
                {
                    chunk.MoveTo(row);
                    rows.Add(Enumerable.Range(0, columns).Select(_ => chunk.Text()).ToArray());
                }

        return rows;
    }

    public string? One(string sql) => Ask(sql, 1).Single()[0];

    public void Run(string sql)
    {
        using var connection = _database.Connect();
        connection.Execute(sql);
    }

    public void Dispose() => _database.Dispose();
}
