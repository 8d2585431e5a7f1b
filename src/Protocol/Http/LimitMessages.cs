namespace Apex.Protocol.Http;

/// <summary>What the caller may use and what is left of it.</summary>
/// <param name="Tier">Whose limits they are.</param>
public sealed record OwnLimits(Tier Tier, IReadOnlyList<LimitView> Limits);

/// <param name="Name">As refusals name it.</param>
/// <param name="Most">Null for no limit.</param>
/// <param name="Left">Null where there is no limit, or where it holds for each run alone.</param>
/// <param name="ResetsAt">When all of it is there again; null where nothing is used or time alone does not give it back.</param>
/// <param name="LiftedBy">Which tier has more, as a sentence; null where none does.</param>
public sealed record LimitView(string Name, long? Most, long? Left, DateTimeOffset? ResetsAt = null, string? LiftedBy = null);
