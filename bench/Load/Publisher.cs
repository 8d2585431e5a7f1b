using System.Diagnostics;

namespace Apex.Bench.Load;

/// <summary>What the publisher did.</summary>
/// <param name="Published">Events whose publishing ended.</param>
internal sealed record Publication(long Published, double Seconds)
{
    public double PerSecond => Published / Seconds;

    public override string ToString() => $"{Published} {Seconds.ToString("R", System.Globalization.CultureInfo.InvariantCulture)}";

    public static Publication Parse(string text)
    {
        var parts = text.Split(' ');
        return new Publication(long.Parse(parts[0]), double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
    }
}

/// <summary>Publishes to many users in turn, inside the process that is measured: at a steady rate, or as fast as answers come.</summary>
/// <param name="publish">Publishes one event to the user of this number; ends when it is as safe as the server promises.</param>
internal sealed class Publisher(int users, Func<int, Task> publish)
{
    private long _published;

    /// <param name="perSecond">0 for as fast as possible.</param>
    /// <param name="inFlight">With 0 per second: how many publishers work at once, each waiting for its event.</param>
    public async Task<Publication> RunAsync(int perSecond, int inFlight, TimeSpan duration)
    {
        _published = 0;
        var began = Stopwatch.GetTimestamp();
        if (perSecond > 0)
            await PaceAsync(perSecond, duration, began);
        else
            await Task.WhenAll(Enumerable.Range(0, inFlight).Select(number => LoopAsync(number, duration, began)));
        return new Publication(Interlocked.Read(ref _published), Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    private async Task PaceAsync(int perSecond, TimeSpan duration, long began)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        var running = new List<Task>();
        long sent = 0;
        while (await timer.WaitForNextTickAsync() && Stopwatch.GetElapsedTime(began) is var now && now < duration)
        {
            for (var due = (long)(now.TotalSeconds * perSecond); sent < due; sent++)
                running.Add(OneAsync((int)(sent % users)));
            if (running.Count > 10_000)
                running.RemoveAll(static task => task.IsCompletedSuccessfully);
        }

        await Task.WhenAll(running);
    }

    private async Task LoopAsync(int number, TimeSpan duration, long began)
    {
        while (Stopwatch.GetElapsedTime(began) < duration)
            await OneAsync(number % users);
    }

    private async Task OneAsync(int user)
    {
        await publish(user);
        Interlocked.Increment(ref _published);
    }
}
