using Apex.Protocol.Frames;
using Apex.Server.Connections;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Connections.Framing;
using Apex.Server.Tests.Runs;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.LiveEvents;

/// <summary>Heartbeat: ping frames, two missed and it is closed; pongs while a run works; zombie sockets are found within 75 s.</summary>
public sealed class HeartbeatTests
{
    [Fact]
    public async Task A_zombie_is_closed_within_75_seconds_and_one_whose_run_works_is_not()
    {
        var letGo = new TaskCompletionSource();
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        await using var server = await RunServer.StartAsync(
            ScriptedSupervisor.Waiting(letGo.Task), RunServer.WithRoom, services: services => services.AddSingleton<TimeProvider>(time));
        var user = await server.RegisterAsync();
        await using var zombie = await WireClient.OpenAsync(server.Address, user.AccessToken, answersPings: false);
        await using var worker = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await worker.SendAsync(new Resume());
        await zombie.SendAsync(new Resume());
        await zombie.ReceiveUntilAsync("caught_up");
        await worker.SendAsync(new UserMessage(new UserMessagePayload { Content = "Work" }, "m1"));
        await worker.ReceiveUntilAsync("agent_started");
        var registry = server.Services.GetRequiredService<ConnectionRegistry>();

        for (var passed = 0; passed < 75; passed += 5)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await worker.SendRawAsync(MaskedFrame.Ping($"after {passed}"));
            Assert.Equal($"after {passed}", await worker.ReceivePongAsync());
        }

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1008, (await zombie.ReceiveCloseAsync(answers: false)).Code);
        Assert.Equal(ConnectionState.Live, Assert.Single(registry.Of(user.User.Id), one => one.ToView().State == ConnectionState.Live).ToView().State);
        letGo.SetResult();
        await worker.ReceiveUntilAsync("agent_completed");
    }
}
