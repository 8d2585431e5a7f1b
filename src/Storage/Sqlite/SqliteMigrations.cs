using System.Globalization;
using System.Reflection;

namespace Apex.Storage.Sqlite;

/// <summary>
/// Brings a database file to the schema of this version: numbered SQL files, each applied once, in order, in a transaction of its own.
/// </summary>
internal static class SqliteMigrations
{
    /// <summary>"APEX" in ASCII: marks the file as ours, so that a stranger's database is not altered.</summary>
    public const long ApplicationId = 0x41504558;

    private static readonly IReadOnlyList<(int Version, string Sql)> Steps = ReadSteps();

    public static int NewestVersion => Steps[^1].Version;

    /// <exception cref="StorageOpenException">The file is no Apex database, or a newer version wrote it.</exception>
    public static void Apply(SqliteSession session, string path) => Apply(session, path, NewestVersion);

    /// <param name="target">Tests stop early to make the file of an older version.</param>
    internal static void Apply(SqliteSession session, string path, int target)
    {
        var version = session.Number("PRAGMA user_version");
        var applicationId = session.Number("PRAGMA application_id");
        if (applicationId != ApplicationId && (applicationId != 0 || version != 0 || HasTables(session)))
            throw new StorageOpenException($"{path} is a database, but not one of Apex. Choose another folder with --data.");
        if (version > NewestVersion)
        {
            throw new StorageOpenException(
                $"{path} was written by a newer version of Apex (schema {version}; this one knows {NewestVersion}). Start the newer version, or choose another folder with --data.");
        }

        foreach (var (number, sql) in Steps)
        {
            if (number > version && number <= target)
                ApplyStep(session, number, sql);
        }
    }

    private static void ApplyStep(SqliteSession session, int number, string sql)
    {
        session.Execute("BEGIN IMMEDIATE");
        try
        {
            session.Execute(sql);
            session.Execute(string.Create(
                CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {number}"));
            session.Execute("COMMIT");
        }
        catch (SqliteException) when (!session.IsAutocommit)
        {
            session.Execute("ROLLBACK");
            throw;
        }
    }

    private static bool HasTables(SqliteSession session) => session.Number("SELECT count(*) FROM sqlite_master") > 0;

    private static List<(int, string)> ReadSteps()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => (int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), ReadText(assembly, name)))
            .ToList();
    }

    private static string ReadText(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The migration {name} is missing from the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
