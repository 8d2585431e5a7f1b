using System.Globalization;
using Apex.Protocol.Http;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Storage.Sqlite;
using Apex.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Apex.Storage.CrashWriter;

/// <summary>
/// Owns one run in a process of its own and does what it is told, a line each: "begin", "say", "take". Answers "stored SEQ" or
/// "stale EPOCH". Its data folder is shared, so that another process can take the run over while this one is stopped.
/// </summary>
internal static class RunOwner
{
    public static async Task ObeyAsync(string folder, SomeRun run)
    {
        var options = new SqliteStorageOptions { Folder = folder, Durability = Durability.ProcessDeath, IsShared = true };
        await using var store = await SqliteStore.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        var epoch = 1L;
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } order)
        {
            var append = order switch
            {
                "begin" => run.Append(run.Started()) with { Changes = [new RecordChange.SaveRun(run.Record())] },
                "say" => run.Append(run.Thinking()) with { RunEpoch = epoch },
                "take" => Take(run, epoch),
                _ => throw new ArgumentException($"Unknown order {order}."),
            };
            var outcome = await store.Feed.AppendAsync(append, CancellationToken.None);
            if (order == "take" && outcome is AppendOutcome.Stored)
                epoch++;
            Console.WriteLine(outcome switch
            {
                AppendOutcome.Stored stored => string.Create(CultureInfo.InvariantCulture, $"stored {stored.LastSeq}"),
                AppendOutcome.StaleEpoch stale => string.Create(CultureInfo.InvariantCulture, $"stale {stale.CurrentEpoch}"),
                _ => outcome.ToString(),
            });
        }
    }

    /// <summary>Who takes over writes under the epoch it found and saves the next one.</summary>
    private static FeedAppend Take(SomeRun run, long found) => run.Append(run.Recovering()) with
    {
        RunEpoch = found,
        Changes = [new RecordChange.SaveRun(run.Record(RunState.Recovering, found + 1))],
    };
}
