namespace Apex.Agents.Planning;

/// <summary>Understands a question about the usage log. Decides what is computed; has no way to state a figure.</summary>
internal interface IPlanner
{
    /// <summary>Shown with the answer.</summary>
    string Name { get; }

    ValueTask<Plan> ReadAsync(PlannerQuestion question, CancellationToken cancellationToken);
}

/// <param name="Text">1 to 32,000 characters.</param>
/// <param name="Previous">How the question before in the thread was understood; null when there is none.</param>
/// <param name="Log">What the log holds: its models, its values, its extent.</param>
internal sealed record PlannerQuestion(string Text, Plan? Previous, LogProfile Log, DateTimeOffset Now);
