using System.Buffers.Binary;
using System.Collections.Concurrent;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Storage.Accounts;
using Apex.Storage.Feed;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Apex.Bench.Load.Lean;

/// <summary>What the measured server does besides, for a generator that has no time: makes users, and publishes on credit.</summary>
internal sealed class PublishingHost
{
    /// <summary>So that an event of a user whose id has 37 characters takes about 200 bytes as JSON.</summary>
    private const string Words = "recovered after 12 s, all work goes on now";

    private static readonly TextDelta Delta = new(
        new RunId("run_0123456789abcdef0123456789abcdef"), new MessageId("message_0123456789abcdef0123456789abcdef"),
        "about as many words as a chat model says in a twentieth of a second", 1234);

    private readonly ConcurrentDictionary<int, UserId> _users = [];

    public static void Map(WebApplication app)
    {
        var host = new PublishingHost();
        app.MapPost("/bench/users", host.MakeUsersAsync);
        app.MapPost("/bench/credits", host.PublishAsync);
    }

    private async Task MakeUsersAsync(HttpContext context, IAccountStore accounts, Sessions sessions, TimeProvider time, int count)
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, count).Select(MakeAsync));
        await context.Response.WriteAsync(string.Join('\n', replies));

        async Task<string> MakeAsync(int number)
        {
            var user = new UserRecord(
                new UserId($"user_{Guid.NewGuid():N}"), $"{Guid.NewGuid():N}@example.com", null, "default", Tier.Free, [Roles.User], null, time.GetUtcNow());
            await accounts.TryCreateUserAsync(user, CancellationToken.None);
            _users[number] = user.Id;
            return (await sessions.OpenAsync(user, null, CancellationToken.None)).AccessToken;
        }
    }

    private async Task PublishAsync(HttpContext context, IFeed feed, bool stored)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        if (context.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        var body = context.Request.BodyReader;
        var credit = new byte[2];
        var last = Task.CompletedTask;
        var announced = new SystemRecovered("store", Words);
        while (true)
        {
            var read = await body.ReadAsync();
            var bytes = read.Buffer;
                while (bytes.Length >= 2)
            {
                System.Buffers.BuffersExtensions.CopyTo(bytes.Slice(0, 2), credit);
                bytes = bytes.Slice(2);
                var user = _users[BinaryPrimitives.ReadUInt16LittleEndian(credit)];
                if (stored)
                    last = AppendAsync(feed, user, announced);
                else
                    feed.PublishTransient(user, Delta);
            }

            body.AdvanceTo(bytes.Start, read.Buffer.End);
            if (!read.IsCompleted)
                continue;
            // They are stored in the order in which they were asked for.
            await last;
            return;
        }
    }

    private static async Task AppendAsync(IFeed feed, UserId user, ApexEvent announced)
    {
        try
        {
            await feed.AppendAsync(new FeedAppend { User = user, Events = [announced] }, CancellationToken.None);
        }
        catch (Exception fault)
        {
            await Console.Error.WriteLineAsync(fault.ToString());
            Environment.FailFast("An append failed.", fault);
        }
    }
}
