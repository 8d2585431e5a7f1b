using System.Net.WebSockets;

namespace Apex.Bench.Load;

/// <summary>Many users who only receive.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    private readonly User[] _users;
    private readonly Task[] _receiving;
    private volatile Latencies? _latencies;
    private long _received;

    public Crowd(IEnumerable<User> users)
    {
        _users = [.. users];
        _receiving = [.. _users.Select(ReceiveAsync)];
    }

    public string Ids => string.Join('\n', _users.Select(static user => user.Id));

    public int Count => _users.Length;

    public long Received => Interlocked.Read(ref _received);

    /// <summary>Starts counting anew.</summary>
    public Latencies Measure()
    {
        Interlocked.Exchange(ref _received, 0);
        return _latencies = new Latencies();
    }

    /// <summary>Waits until everything published has arrived.</summary>
    public async Task ExpectAsync(long count)
    {
        for (var i = 0; Received < count; i++)
        {
            if (i > 3_000)
                throw new TimeoutException($"Of {count} events {Received} arrived.");
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var user in _users)
            await user.DisposeAsync();
        await Task.WhenAll(_receiving);
    }

    private async Task ReceiveAsync(User user)
    {
        try
        {
            while (await user.ReceiveAsync() is { IsEmpty: false } frame)
            {
                if (Stamp.Age(frame.Span) is not { } age)
                    continue;
                _latencies?.Add(age);
                Interlocked.Increment(ref _received);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The measurement is over and the socket was dropped.
            return;
        }
    }
}
