using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>
/// One change to replay. <see cref="Touches"/> is asked once per call, in the order of the log; <see cref="Apply"/> for every choice
/// of the actions before this one.
/// </summary>
internal abstract class ReplayAction(string id, string kind, int step, RowSelector only)
{
    public string Id { get; } = id;

    public string Kind { get; } = kind;

    /// <summary>Place in the pipeline, 1 to 8; actions of one step go in the order given.</summary>
    public int Step { get; } = step;

    public RowSelector Only { get; } = only;

    /// <summary>What the action looks at in a call, beside what every replay reads.</summary>
    public virtual IReadOnlyList<Dimension> Looks => Only.Dimensions;

    /// <summary>What the saving rests on: arithmetic, a replay, or a replay with an assumption.</summary>
    public virtual Grade Grade => Grade.C;

    /// <summary>Whether the caches of a later step see other prompts, or other times, because of this action.</summary>
    public virtual bool ChangesPrompts => false;

    /// <summary>One phrase for people, for instance "serve repeated prompts from a response cache".</summary>
    public abstract string Title { get; }

    /// <summary>What is taken for granted, as a sentence; null for plain arithmetic.</summary>
    public virtual string? Assumption => null;

    /// <summary>Whether the action may alter this call under some choice of the others.</summary>
    public abstract bool Touches(UsageEvent call);

    public abstract void Apply(ref ReplayCall call);
}
