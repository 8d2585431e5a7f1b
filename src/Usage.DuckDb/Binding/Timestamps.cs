namespace Apex.Usage.DuckDb.Binding;

/// <summary>DuckDB's TIMESTAMP is microseconds since 1970 without a zone; the log keeps UTC in it.</summary>
internal static class Timestamps
{
    internal static long ToMicroseconds(DateTimeOffset time) =>
        (time.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    internal static DateTimeOffset FromMicroseconds(long microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
