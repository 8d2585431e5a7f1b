using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Apex.Storage.Sqlite;

/// <summary>
/// Leads the provider to the SQLite of the operating system, which gets its security fixes with the system, instead of a bundled one
/// of 2021 (docs/decisions: sqlite).
/// </summary>
internal static class SqliteLibrary
{
    /// <summary>3.35 brought RETURNING; 2021, so every supported system has it.</summary>
    private const int OldestVersionNumber = 3_035_000;

    private static readonly Lazy<string> Loaded = new(Load);

    /// <returns>The library's version, for instance <c>3.40.1</c>.</returns>
    /// <exception cref="StorageOpenException">There is no library, or it is too old.</exception>
    public static string Ensure() => Loaded.Value;

    private static string Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        try
        {
            // Nobody asks for the statistics of its memory, and without them its allocations share no lock. Only before the first use.
            _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
            var version = raw.sqlite3_libversion().utf8_to_string();
            if (raw.sqlite3_libversion_number() < OldestVersionNumber)
                throw new StorageOpenException($"SQLite {version} of this system is too old; at least 3.35 is needed.");
            return version;
        }
        catch (DllNotFoundException missing)
        {
            throw new StorageOpenException(
                $"SQLite was not found on this system (looked for {string.Join(", ", Candidates())}). {HowToInstall()}", missing);
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search)
    {
        if (name != "e_sqlite3")
            return 0;
        foreach (var candidate in Candidates())
        {
            if (NativeLibrary.TryLoad(candidate, assembly, search, out var handle))
                return handle;
        }

        return 0;
    }

    private static string[] Candidates() =>
        OperatingSystem.IsWindows() ? ["winsqlite3.dll", "sqlite3.dll"]
        : OperatingSystem.IsMacOS() ? ["/usr/lib/libsqlite3.dylib", "libsqlite3.dylib"]
        : ["libsqlite3.so.0", "libsqlite3.so"];

    private static string HowToInstall() =>
        OperatingSystem.IsLinux()
            ? "Install it with the system's packages, for instance: apt-get install libsqlite3-0"
            : "Install SQLite 3.35 or newer.";
}
