using System.Diagnostics;
using Apex.Agents.ChatModels;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server;
using Apex.Server.Limits;
using Apex.Storage;
using Apex.Storage.Feed;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Apex.Bench.Load;

/// <summary>The product's server, with one endpoint more: a publisher inside the process. Its limits stand out of the way.</summary>
internal static class ApexHost
{
    public static async Task RunAsync(string folder, Durability durability, Uri? model)
    {
        var unlimited = new TierLimits(1_000_000, 10_000, 10_000, 4, 10_000, TimeSpan.FromSeconds(60), null, TimeSpan.FromDays(7));
        await using var app = ApexServerSetup.BuildApexServer(new ApexServerOptions
        {
            DataFolder = folder,
            Port = 0,
            Durability = durability,
            AttemptsPerMinutePerAddress = 1_000_000,
            AdminEmail = "bench@example.com",
            AdminPassword = "a password of the bench",
            Models = model is null ? [] : [new ChatModelOptions { Model = "bench", BaseAddress = model, AnswerTokens = 4_000 }],
            Tiers = new Dictionary<Tier, TierLimits> { [Tier.Free] = unlimited },
        });
        Lean.PublishingHost.Map(app);
        app.MapPost("/bench/publish", PublishAsync);
        app.MapPost("/bench/collect", static () => GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true));
        await app.StartAsync();
        Console.WriteLine($"ready {app.GetAddress()}");
        await app.WaitForShutdownAsync();
    }

    private static async Task PublishAsync(HttpContext context, IFeed feed, int rate, int inFlight, int seconds)
    {
        using var reader = new StreamReader(context.Request.Body);
        var users = (await reader.ReadToEndAsync()).Split('\n').Select(static line => new UserId(line)).ToArray();
        var publisher = new Publisher(users.Length, async user => await feed.AppendAsync(
            new FeedAppend { User = users[user], Events = [Event(users[user])] }, CancellationToken.None));
        var done = await publisher.RunAsync(rate, inFlight, TimeSpan.FromSeconds(seconds));
        await context.Response.WriteAsync(done.ToString());
    }

    /// <summary>An event of about 400 bytes whose title tells when it was made.</summary>
    private static ThreadRenamed Event(UserId user)
    {
        var now = TimeProvider.System.GetUtcNow();
        var thread = new ThreadId("thread_bench");
        return new ThreadRenamed(new ThreadView(thread, Stamp.Make(), now, now, 0))
        {
            ThreadId = thread,
            Context = new EventContext(user, thread, null, "request_bench", null),
        };
    }
}

/// <summary>A moment as text inside an event: comparable between processes of one machine.</summary>
internal static class Stamp
{
    private static readonly byte[] Mark = "\"at:"u8.ToArray();

    public static string Make() => $"at:{Stopwatch.GetTimestamp()}:";

    /// <summary>How long ago the event was made; null when it holds no stamp.</summary>
    public static TimeSpan? Age(ReadOnlySpan<byte> utf8)
    {
        var at = utf8.IndexOf(Mark);
        if (at < 0)
            return null;
        var digits = utf8[(at + Mark.Length)..];
        digits = digits[..digits.IndexOf((byte)':')];
        return System.Buffers.Text.Utf8Parser.TryParse(digits, out long made, out _) ? Stopwatch.GetElapsedTime(made) : null;
    }
}
