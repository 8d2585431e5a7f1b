namespace Apex.Agents.Dependencies;

/// <summary>How long whoever asks something outside of this server waits before another try.</summary>
internal static class RetryPause
{
    /// <summary>Who is asked to wait longer does not try again.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromSeconds(16);

    /// <summary>
    /// Longer with each try, at random between half and the whole so that many runs do not come back at once; or as the server asks, which
    /// may be longer than <see cref="Longest"/>.
    /// </summary>
    /// <param name="attempt">That failed, from 1.</param>
    /// <param name="first">The whole pause after the first.</param>
    /// <param name="asked">By whoever failed; null: nothing.</param>
    public static TimeSpan Of(int attempt, TimeSpan first, TimeSpan? asked)
    {
        if (asked is { } wanted && wanted > TimeSpan.Zero)
            return wanted;
        var whole = first * Math.Pow(2, attempt - 1);
        return (whole < Longest ? whole : Longest) * (0.5 + (Random.Shared.NextDouble() / 2));
    }
}
