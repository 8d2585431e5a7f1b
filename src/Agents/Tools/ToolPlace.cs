namespace Apex.Agents.Tools;

/// <summary>A call's place among those of its run that work at once. Only the call itself uses it.</summary>
internal sealed class ToolPlace : IDisposable
{
    private readonly SemaphoreSlim _places;
    private bool _isHeld = true;

    private ToolPlace(SemaphoreSlim places) => _places = places;

    /// <summary>How long it was given up.</summary>
    public TimeSpan Away { get; private set; }

    public static async Task<ToolPlace> TakeAsync(SemaphoreSlim places, CancellationToken cancellationToken)
    {
        await places.WaitAsync(cancellationToken);
        return new ToolPlace(places);
    }

    /// <summary>Gives the place up while something outside is waited for.</summary>
    public async Task<T> LeaveAsync<T>(Func<Task<T>> outside, TimeProvider time, CancellationToken cancellationToken)
    {
        var left = time.GetTimestamp();
        Dispose();
        var result = await outside();
        await _places.WaitAsync(cancellationToken);
        _isHeld = true;
        Away += time.GetElapsedTime(left);
        return result;
    }

    public void Dispose()
    {
        if (!_isHeld)
            return;
        _isHeld = false;
        _places.Release();
    }
}
