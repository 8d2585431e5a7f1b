namespace Apex.Bench.Peers.Measurements;

/// <summary>How long and how often is measured.</summary>
internal sealed record Settings(bool IsQuick)
{
    /// <summary>Connections that share one stream, and users with a stream each.</summary>
    public const int Subscribers = 1_000;

    public const int MessageBytes = 200;

    public TimeSpan WarmUp { get; } = TimeSpan.FromSeconds(IsQuick ? 0.5 : 6);

    public TimeSpan Run { get; } = TimeSpan.FromSeconds(IsQuick ? 0.7 : 1.5);

    public TimeSpan Steady { get; } = TimeSpan.FromSeconds(IsQuick ? 2 : 4);

    public int IdleConnections { get; } = IsQuick ? 3_000 : 10_000;

    public TimeSpan Settling { get; } = TimeSpan.FromSeconds(IsQuick ? 3 : 10);

    public TimeSpan Stuck { get; } = TimeSpan.FromSeconds(IsQuick ? 6 : 12);

    public TimeSpan Drops { get; } = TimeSpan.FromSeconds(IsQuick ? 8 : 15);
}
