namespace Apex.Agents.Execution;

/// <summary>The run's deadline passed before even a report of what was there could be given. The run fails with <c>deadline_exceeded</c>.</summary>
public sealed class DeadlineExceededException(DateTimeOffset deadline)
    : Exception($"The run did not end before its deadline, {deadline:yyyy-MM-dd HH:mm:ss} UTC.")
{
    public DateTimeOffset Deadline { get; } = deadline;
}
