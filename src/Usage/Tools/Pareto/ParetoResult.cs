namespace Apex.Usage.Tools.Pareto;

/// <summary>What <c>pareto</c> found: lower cost, higher quality and lower latency are better.</summary>
/// <param name="Answered">False when there is nothing to compare; <paramref name="Reason"/> says why.</param>
/// <param name="Origin">rows: the table given; log: the log's own quality scores.</param>
/// <param name="Frontier">Candidates nobody beats, cheapest first.</param>
/// <param name="Dominated">The others, each with one that beats it.</param>
/// <param name="Dropped">Candidates without a usable cost or quality.</param>
internal sealed record ParetoResult(
    bool Answered,
    string? Reason,
    string Origin,
    double EpsilonShare,
    bool UsesLatency,
    IReadOnlyList<ParetoCandidate> Frontier,
    IReadOnlyList<DominatedCandidate> Dominated,
    IReadOnlyList<DroppedCandidate> Dropped);

/// <param name="CostUsd">In the unit of the table; for the log, mean effective cost of a call.</param>
/// <param name="Rows">Calls behind the figures, for the log.</param>
internal sealed record ParetoCandidate(string Name, decimal CostUsd, double Quality, double? LatencyP95Ms, long? Rows);

internal sealed record DominatedCandidate(ParetoCandidate Candidate, string By, decimal CostDifferenceUsd, double QualityDifference);

internal sealed record DroppedCandidate(string Name, string Reason);
