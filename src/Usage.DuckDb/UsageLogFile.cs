using System.Globalization;
using Apex.Usage.DuckDb.Binding;
using Apex.Usage.DuckDb.Native;
using Apex.Usage.Query;

namespace Apex.Usage.DuckDb;

/// <summary>Opens the database and turns DuckDB's failures into ones with a cause and a remedy.</summary>
internal static class UsageLogFile
{
    internal static DuckDbDatabase Open(DuckDbUsageLogOptions options, TimeProvider clock)
    {
        var place = options.Path ?? "The usage log in memory";
        try
        {
            var database = DuckDbDatabase.Open(options.Path, Settings(options));
            try
            {
                using var connection = database.Connect();
                Migrations.Apply(connection, place, clock);
                return database;
            }
            catch
            {
                database.Dispose();
                throw;
            }
        }
        catch (DuckDbException error)
        {
            throw Explain(error, place);
        }
    }

    internal static UsageLogException Explain(DuckDbException error, string place)
    {
        bool Says(string text) => error.Message.Contains(text, StringComparison.OrdinalIgnoreCase);

        if (Says("Could not set lock on file"))
            return InUse(place, error);
        if (Says("not a valid DuckDB database file") || Says("Corrupt") || Says("checksum"))
        {
            return new UsageLogException(UsageLogFault.Unreadable,
                $"{place} is no usage log or is damaged: {error.Message} Restore it from a backup, or move it away to start a new one.",
                error);
        }

        if (Says("No space left") || Says("Read-only file system") || Says("File too large") || Says("Disk quota"))
        {
            return new UsageLogException(UsageLogFault.NoSpace,
                $"{place} cannot be written: {error.Message} Nothing of this batch was stored; make room and repeat it.", error);
        }

        return new UsageLogException(UsageLogFault.Engine, $"{place}: {error.Message}", error);
    }

    internal static UsageLogException InUse(string place, Exception? error = null) => new(UsageLogFault.InUse,
        $"{place} is in use by another process. Stop the other server, or start this one with another data folder (--data).", error);

    private static Dictionary<string, string> Settings(DuckDbUsageLogOptions options)
    {
        var settings = new Dictionary<string, string>
        {
            ["threads"] = options.Threads.ToString(CultureInfo.InvariantCulture),
            ["memory_limit"] = string.Create(CultureInfo.InvariantCulture, $"{options.MemoryLimitMiB}MiB"),

            // A checkpoint rewrites the newest rows, so with the default of 16 MiB an import spends half its time there. After a
            // crash this much is replayed, in well under a second.
            ["checkpoint_threshold"] = "64MiB",

            // Statements are our own, but a log never needs to fetch code.
            ["autoinstall_known_extensions"] = "false",
            ["autoload_known_extensions"] = "false",
        };
        if (options.Path is null)
            settings["temp_directory"] = Path.Combine(Path.GetTempPath(), $"apex-usage-{Guid.NewGuid():n}");
        return settings;
    }
}
