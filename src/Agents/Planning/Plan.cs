using Apex.Usage.Query;

namespace Apex.Agents.Planning;

/// <summary>How a question was understood. Stored with the reply, so that the next question can build on it.</summary>
/// <param name="FollowsUp">Intent or slots were taken over from the question before.</param>
internal sealed record Plan(IReadOnlyList<Intent> Intents, PlanSlots Slots, bool FollowsUp = false)
{
    public bool Wants(Intent intent) => Intents.Contains(intent);

    public bool WantsAny(params ReadOnlySpan<Intent> intents)
    {
        foreach (var intent in intents)
            if (Wants(intent))
                return true;
        return false;
    }
}

/// <summary>The particulars of a question.</summary>
internal sealed record PlanSlots
{
    public static PlanSlots None { get; } = new();

    /// <summary>Null: the whole log.</summary>
    public Period? Period { get; init; }

    /// <summary>What the question breaks figures down by, times left out.</summary>
    public IReadOnlyList<Dimension> GroupBy { get; init; } = [];

    /// <summary><see cref="Dimension.Day"/>, <see cref="Dimension.Week"/>, <see cref="Dimension.Month"/> … when it asks for a series.</summary>
    public Dimension? Grain { get; init; }

    public IReadOnlyList<PlanFilter> Filters { get; init; } = [];

    /// <summary>The log holds calls of our own models among others, and the question does not speak of them.</summary>
    public bool WithoutOwnCalls { get; init; }

    /// <summary>A number of entries asked for, as in "top 5".</summary>
    public int? Top { get; init; }

    /// <summary>The model a question would have calls moved to, as in "what if we used gpt-4o-mini".</summary>
    public string? Target { get; init; }

    /// <summary>The first day of a change whose saving is asked for; the figures are then over the whole log, before and after.</summary>
    public DateTimeOffset? ChangeDate { get; init; }

    /// <summary>Analyses asked for by name or subject.</summary>
    public IReadOnlyList<string> Tools { get; init; } = [];

    /// <summary>Dollars named in the question, for instance a budget.</summary>
    public decimal? Amount { get; init; }

    /// <summary>A share named in the question, 0 to 100.</summary>
    public double? Percent { get; init; }
}

/// <param name="Said">What the question said, for the answer to repeat.</param>
/// <param name="Exclude">"without" instead of "only".</param>
internal sealed record PlanFilter(Dimension Dimension, IReadOnlyList<string> Values, string Said, bool Exclude = false);

/// <param name="Said">The words of the question, for instance <c>last month</c>.</param>
/// <param name="FromLogEnd">A relative period was counted from the log's last row, because counted from today it would hold nothing.</param>
internal sealed record Period(DateTimeOffset From, DateTimeOffset To, string Said, bool FromLogEnd = false)
{
    public TimeWindow Window => new(From, To);
}
