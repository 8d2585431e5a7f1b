using System.Globalization;
using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Query;

namespace Apex.Usage.DuckDb;

/// <summary>Brings a file to the newest schema by numbered SQL files, each in a transaction of its own.</summary>
internal static class Migrations
{
    private const string VersionTable =
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL, name VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL)";

    private static readonly IReadOnlyList<Migration> All = Load();

    internal static int Newest => All[^1].Version;

    /// <exception cref="UsageLogException">The file was written by a newer version.</exception>
    internal static void Apply(DuckDbConnection connection, string place, TimeProvider clock)
    {
        connection.Execute(VersionTable);
        var current = CurrentVersion(connection);
        if (current > Newest)
        {
            throw new UsageLogException(UsageLogFault.NewerSchema,
                $"{place} has schema version {current}; this program knows up to {Newest}. " +
                "Use the newer version of Apex that wrote it, or another data folder.");
        }

        foreach (var migration in All.Where(migration => migration.Version > current))
            Apply(connection, migration, clock);
    }

    private static void Apply(DuckDbConnection connection, Migration migration, TimeProvider clock)
    {
        connection.Execute("BEGIN TRANSACTION");
        connection.Execute(migration.Sql);
        var record = new SqlStatement("INSERT INTO schema_version VALUES (");
        record.Add($"{record.Parameter(migration.Version)}, {record.Parameter(migration.Name)}, {record.Parameter(clock.GetUtcNow())})");
        connection.Change(record);
        connection.Execute("COMMIT");
    }

    private static int CurrentVersion(DuckDbConnection connection)
    {
        using var result = connection.Query(new SqlStatement("SELECT coalesce(max(version), 0) FROM schema_version"));
        using var chunk = result.Next()!; // an aggregate without groups always answers one row
        return chunk.Int32() ?? 0;
    }

    private static Migration[] Load()
    {
        var assembly = typeof(Migrations).Assembly;
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!); // listed just above
                return new Migration(int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name, reader.ReadToEnd());
            })
            .OrderBy(migration => migration.Version)];
    }

    private sealed record Migration(int Version, string Name, string Sql);
}
