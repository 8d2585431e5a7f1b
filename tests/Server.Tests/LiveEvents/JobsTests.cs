using Apex.Protocol;
using Apex.Protocol.Frames;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Runs;
using Apex.Server.Tests.UsageLog;
using Apex.Testing;

namespace Apex.Server.Tests.LiveEvents;

/// <summary>Jobs: a connection hears of an import's progress by the job's id on the same socket as of all else; nobody else hears of it.</summary>
public sealed class JobsTests
{
    [Fact]
    public async Task Progress_of_an_import_comes_over_the_socket_under_the_jobs_id_until_it_is_done()
    {
        await using var server = await ApexTestServer.StartAsync();
        var (user, other) = (await server.RegisterAsync(), await server.RegisterAsync());
        await using var follower = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await using var foreign = await WireClient.OpenAsync(server.Address, other.AccessToken);
        foreach (var client in new[] { follower, foreign })
        {
            await client.SendAsync(new Resume());
            await client.ReceiveUntilAsync("caught_up");
        }

        using var http = server.As(user);
        using var upload = await UsageApi.UploadAsync(http, await File.ReadAllBytesAsync(SharedData.AiderCalls), "calls.csv", "/api/usage/import");
        var job = (await upload.ReadAsync(ApexJson.Default.JobReply)).JobId;
        await UsageApi.EndOfAsync(http, job);

        while (true)
        {
            var progress = await follower.ReceiveUntilAsync("progress");
            Assert.Equal(job, progress.Text("subject"));
            if (progress.GetProperty("percentage").GetDouble() < 100 || !progress.Text("operation").EndsWith("completed", StringComparison.Ordinal))
                continue;
            break;
        }

        await foreign.SendAsync(new Ping());
        await foreign.ReceiveUntilAsync("pong");
        Assert.DoesNotContain(foreign.Seen, text => text.Contains(job, StringComparison.Ordinal));
    }
}
