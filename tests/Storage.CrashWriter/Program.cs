using Apex.Protocol.Ids;
using Apex.Storage.CrashWriter;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Storage.Sqlite;
using Apex.Testing;
using Microsoft.Extensions.Logging.Abstractions;

// With a third, fourth, fifth and sixth argument it owns one run and does as told. Otherwise it
// appends runs for many users without end and says, after each acknowledgement, what was acknowledged: "user run last-seq".
// Whoever started it kills it and looks whether all of that is in the file.
if (args is [var folder, _, var owner, var thread, var owned, var question])
{
    await RunOwner.ObeyAsync(folder, new SomeRun(UserId.From(owner), ThreadId.From(thread), RunId.From(owned), MessageId.From(question)));
    return;
}

const int Users = 8;
const int RunsAtOncePerUser = 3;
var options = new SqliteStorageOptions { Folder = args[0], Durability = Enum.Parse<Apex.Storage.Durability>(args[1]) };
await using var store = await SqliteStore.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
var output = Console.Out;

await Task.WhenAll(Enumerable.Range(0, Users * RunsAtOncePerUser).Select(index => WriteRunsAsync(UserId.From($"user_{index % Users}"))));

async Task WriteRunsAsync(UserId user)
{
    while (true)
    {
        var run = new SomeRun(user);
        await AppendAsync(run, run.Append(run.Started()) with { Changes = [new RecordChange.SaveRun(run.Record())] });
        foreach (var apexEvent in run.Whole().Skip(1))
            await AppendAsync(run, run.Append(apexEvent));
    }
}

async Task AppendAsync(SomeRun run, FeedAppend append)
{
    if (await store.Feed.AppendAsync(append, CancellationToken.None) is not AppendOutcome.Stored stored)
        throw new InvalidOperationException("An append was refused.");
    var line = $"{run.User} {run.Id} {stored.LastSeq}\n";
    lock (output)
    {
        output.Write(line);
        output.Flush();
    }
}
