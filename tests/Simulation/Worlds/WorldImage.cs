using System.Globalization;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Simulation.Disk;
using Apex.Storage.Accounts;
using Apex.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Apex.Simulation.Worlds;

/// <summary>The disk every world begins with: a database of the newest version with its users, made once.</summary>
/// <param name="KeyFolder">A folder of the real machine, for the key under which tokens are signed.</param>
internal sealed record WorldImage(IReadOnlyDictionary<string, Pages> Files, IReadOnlyList<UserId> Users, string KeyFolder)
{
    private const string Name = "image";

    public static string EmailOf(int index) => string.Create(CultureInfo.InvariantCulture, $"user{index}@example.com");

    public static async Task<WorldImage> MakeAsync(string keyFolder, int users)
    {
        var disk = new SimulatedDisk(new Dictionary<string, Pages>());
        DiskUnderSqlite.Mount(Name, disk);
        var ids = Enumerable.Range(0, users).Select(index => new UserId(string.Create(CultureInfo.InvariantCulture, $"user_{index:D32}"))).ToList();
        await using (var store = SqliteStore.Open(
            new SqliteStorageOptions { Folder = "/" + Name, IsShared = true, CopiesLog = false, WriterTurns = static () => new ImmediateWriter() },
            TimeProvider.System, NullLoggerFactory.Instance))
        {
            for (var index = 0; index < users; index++)
            {
                await store.Accounts.TryCreateUserAsync(
                    new UserRecord(ids[index], EmailOf(index), "Somebody", "org_simulated", Tier.Free, ["user"], null, DateTimeOffset.UnixEpoch),
                    CancellationToken.None);
            }
        }

        DiskUnderSqlite.Unmount(Name);
        return new WorldImage(disk.ToImage(), ids, keyFolder);
    }

    /// <summary>Works as soon as it is asked.</summary>
    private sealed class ImmediateWriter : IWriterTurns
    {
        private Func<WriterTurn>? _turn;

        public void Begin(Func<WriterTurn> turn, TimeSpan idle) => _turn = turn;

        public void Wake() => _turn!(); // Begin comes first.
    }
}
