using System.Net;
using Apex.Simulation.Network;
using Apex.Simulation.Turns;

namespace Apex.Simulation.Worlds;

/// <summary>The device's calls over HTTP: late, and while faults last sometimes lost, on the way there or back.</summary>
internal sealed class DeviceHttp(World world, Actor actor, DeviceSockets sockets, LinkQuality quality) : HttpMessageHandler
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken); // a device only posts
        await Task.Delay(quality.Latency(world.Scheduler), actor.Clock, cancellationToken);
        if (sockets.IsOffline || world.Troubles.LosesCall())
            return await LoseAsync(cancellationToken);
        if (world.Server is not { } server)
            throw new HttpRequestException("Nobody listens there.");

        (int Status, byte[] Body) answer;
        try
        {
            answer = await server.AnswerAsync(request.RequestUri!.AbsolutePath, body).WaitAsync(server.Died); // a request has an address
        }
        catch (OperationCanceledException)
        {
            throw new HttpRequestException("The server died.");
        }

        await Task.Delay(quality.Latency(world.Scheduler), actor.Clock, cancellationToken);
        if (sockets.IsOffline || world.Troubles.LosesCall())
            return await LoseAsync(cancellationToken);
        world.Scheduler.History.Note(actor.Name, $"is answered with {answer.Status}");
        return new HttpResponseMessage((HttpStatusCode)answer.Status)
        {
            Content = new ByteArrayContent(answer.Body) { Headers = { { "Content-Type", "application/json" } } },
        };
    }

    private async Task<HttpResponseMessage> LoseAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Patience, actor.Clock, cancellationToken);
        throw new HttpRequestException("No answer came.");
    }
}
