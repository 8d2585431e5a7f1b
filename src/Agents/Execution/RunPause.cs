using Apex.Agents.Spending;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;

namespace Apex.Agents.Execution;

/// <summary>
/// Why a run stops working without ending. Whoever runs the supervisor stores it and lets the run go: it holds no place, no core and no
/// memory until it is woken, and then goes on from its last checkpoint with the receipts of what it had done since.
/// </summary>
/// <param name="Reason">One sentence for the user.</param>
/// <param name="On">What it waits to see decided; empty where something else wakes it.</param>
/// <param name="Until">When it is woken even so; null: never by itself.</param>
public sealed record RunPause(RunNeed Needs, string Reason, IReadOnlyList<ApprovalId> On, DateTimeOffset? Until = null)
{
    /// <summary>How much of what the user added the run has taken in: with more there, it does not wait at all.</summary>
    public int? Taken { get; init; }

    /// <summary>What it asked to spend, where it waits for a budget.</summary>
    public AskedSpending? Asks { get; init; }

    /// <summary>Several things one run waits for at once.</summary>
    public static RunPause All(IReadOnlyCollection<RunPause> pauses)
    {
        ArgumentNullException.ThrowIfNull(pauses);
        var first = pauses.First();
        if (pauses.Count == 1)
            return first;
        var questions = pauses.Count(pause => pause.Needs == RunNeed.Answer);
        var approvals = pauses.Count - questions;
        string[] parts =
        [
            .. approvals == 0 ? Array.Empty<string>() : [approvals == 1 ? "your approval" : $"{approvals} approvals of yours"],
            .. questions == 0 ? Array.Empty<string>() : [questions == 1 ? "your answer" : $"{questions} answers of yours"],
        ];
        return new RunPause(
            approvals > 0 ? RunNeed.Approval : RunNeed.Answer, $"Waits for {string.Join(" and ", parts)}.",
            [.. pauses.SelectMany(pause => pause.On)], pauses.Min(pause => pause.Until));
    }
}

/// <summary>
/// Thrown on the way of a run's own work, at the beginning of a step for instance, to let the run wait. No sub-agent should catch it.
/// </summary>
public sealed class RunPausedException(RunPause pause) : Exception(pause?.Reason)
{
    public RunPause Pause { get; } = pause ?? throw new ArgumentNullException(nameof(pause));
}
