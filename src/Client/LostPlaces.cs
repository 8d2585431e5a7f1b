namespace Apex.Client;

/// <summary>
/// How often of late another connection of this device's name took its place. Now and then that is a late attempt of its own, which reached
/// the server after a newer one; time and again it is another program of the same name, and to come back each time would only hand the place
/// to and fro.
/// </summary>
internal sealed class LostPlaces(TimeProvider time)
{
    private const int Most = 3;
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(1);

    private readonly Queue<long> _lost = new();

    /// <returns>Whether it is time to stay away until the application takes the place back.</returns>
    public bool IsOneTooMany()
    {
        while (_lost.TryPeek(out var oldest) && time.GetElapsedTime(oldest) > Within)
            _lost.Dequeue();
        _lost.Enqueue(time.GetTimestamp());
        return _lost.Count >= Most;
    }

    public void Forget() => _lost.Clear();
}
