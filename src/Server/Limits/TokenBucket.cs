namespace Apex.Server.Limits;

/// <summary>A bucket of tokens that refills evenly. Safe for concurrent use.</summary>
internal sealed class TokenBucket(TimeProvider time, int capacity, double tokensPerSecond)
{
    private readonly Lock _lock = new();
    private double _tokens = capacity;
    private long _filledAt = time.GetTimestamp();

    public int Capacity => capacity;

    public double TokensPerSecond => tokensPerSecond;

    /// <summary>Nothing was taken for so long that a new bucket would be the same.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                Refill_NeedsLock();
                return _tokens >= capacity;
            }
        }
    }

    /// <summary>Whole tokens that are there, and how long until it is full.</summary>
    public (int Left, TimeSpan UntilFull) Look()
    {
        lock (_lock)
        {
            Refill_NeedsLock();
            return ((int)_tokens, TimeSpan.FromSeconds((capacity - _tokens) / tokensPerSecond));
        }
    }

    /// <returns>Null when a token was taken, else how long until there is one.</returns>
    public TimeSpan? TryTake()
    {
        lock (_lock)
        {
            Refill_NeedsLock();
            if (_tokens < 1)
                return TimeSpan.FromSeconds((1 - _tokens) / tokensPerSecond);

            _tokens--;
            return null;
        }
    }

    private void Refill_NeedsLock()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(capacity, _tokens + (time.GetElapsedTime(_filledAt, now).TotalSeconds * tokensPerSecond));
        _filledAt = now;
    }
}
