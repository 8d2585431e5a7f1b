using System.Collections.Concurrent;

namespace Apex.Server.Limits;

/// <summary>One bucket per key. Buckets that are full again are thrown away, so that the number of keys seen costs no memory.</summary>
internal sealed class TokenBuckets<TKey>(TimeProvider time)
    where TKey : notnull
{
    private const int SweepEvery = 4_096;

    private readonly ConcurrentDictionary<TKey, TokenBucket> _buckets = new();
    private int _made;

    /// <returns>Null when a token was taken, else how long until there is one.</returns>
    public TimeSpan? TryTake(TKey key, int capacity, double tokensPerSecond)
    {
        if (!_buckets.TryGetValue(key, out var bucket))
            bucket = _buckets.GetOrAdd(key, Make(capacity, tokensPerSecond));
        // The key has moved to another tier: it starts over with that one's bucket.
        if (bucket.Capacity != capacity || Math.Abs(bucket.TokensPerSecond - tokensPerSecond) > 1e-9)
            _buckets[key] = bucket = Make(capacity, tokensPerSecond);
        return bucket.TryTake();
    }

    /// <returns>Null when the key's bucket is full.</returns>
    public (int Left, TimeSpan UntilFull)? Look(TKey key) => _buckets.TryGetValue(key, out var bucket) ? bucket.Look() : null;

    private TokenBucket Make(int capacity, double tokensPerSecond)
    {
        if (Interlocked.Increment(ref _made) % SweepEvery == 0)
            Sweep();
        return new TokenBucket(time, capacity, tokensPerSecond);
    }

    private void Sweep()
    {
        foreach (var (key, bucket) in _buckets)
        {
            if (bucket.IsFull)
                _buckets.TryRemove(KeyValuePair.Create(key, bucket));
        }
    }
}
