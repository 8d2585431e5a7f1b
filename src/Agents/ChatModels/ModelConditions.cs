namespace Apex.Agents.ChatModels;

/// <summary>Whether the configured chat models answer, for whoever watches over the server. Safe for concurrent use.</summary>
public sealed class ModelConditions
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ModelCondition> _resting = new(StringComparer.Ordinal);

    internal ModelConditions(ChatModelOrder models)
    {
        foreach (var model in models.All)
            model.ConditionChanged = Take;
    }

    /// <summary>A model was given up for a while, again or for the first time, or answers again. Handlers must return at once.</summary>
    public event Action<ModelCondition>? Changed;

    /// <summary>Models that are left alone now, or wait for the first question after their rest.</summary>
    public IReadOnlyList<ModelCondition> Resting
    {
        get
        {
            lock (_gate)
                return [.. _resting.Values];
        }
    }

    private void Take(ModelCondition condition)
    {
        lock (_gate)
        {
            if (condition.Rests)
                _resting[condition.Model] = condition;
            else
                _resting.Remove(condition.Model);
        }

        Changed?.Invoke(condition);
    }
}

/// <param name="Rests">It failed several times in a row and is not asked until its rest is over; then one question tries it.</param>
/// <param name="Reason">A safe sentence without its first capital; empty when it answers again.</param>
/// <param name="Rest">How long it is left alone.</param>
public sealed record ModelCondition(string Model, bool Rests, string Reason, TimeSpan Rest);
