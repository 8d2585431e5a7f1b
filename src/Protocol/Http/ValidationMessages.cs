using Apex.Protocol.Ids;
using Apex.Protocol.Order;

namespace Apex.Protocol.Http;

/// <summary>What the checker of recorded runs says of one run.</summary>
/// <param name="Events">Events of the run that are stored so far.</param>
/// <param name="Faults">In the order of the record; empty for a run without a fault. A run that has not ended is not blamed for having no end.</param>
/// <param name="SilentMs">Since the last event of a run that is at work; left out for one that has ended or waits.</param>
/// <param name="UserId">Left out where all are the caller's own.</param>
public sealed record RunValidationView(
    RunId RunId, RunState State, DateTimeOffset CreatedAt, int Events, IReadOnlyList<RunFault> Faults, long? SilentMs = null, UserId? UserId = null);

/// <param name="Checked">Runs begun within the time asked for, at most 1,000, the newest.</param>
/// <param name="NotKept">Of these, how many have events that retention has removed: they cannot be checked.</param>
/// <param name="Faulty">Those with a fault.</param>
/// <param name="Silent">Those at work of which nothing was heard for longer than the checker allows.</param>
public sealed record ValidationReport(
    int Checked, int NotKept, IReadOnlyList<RunValidationView> Faulty, IReadOnlyList<RunValidationView> Silent);
