namespace Apex.Usage.Tools.Pareto;

/// <summary>
/// The non-dominated candidates with a tolerance: one beats another when it is nowhere worse by more than ε of the other's value
/// and somewhere better by more than ε. Near ties therefore all stay.
/// </summary>
internal static class Frontier
{
    public static (IReadOnlyList<ParetoCandidate> Kept, IReadOnlyList<DominatedCandidate> Dominated) Of(
        IReadOnlyList<ParetoCandidate> candidates, double epsilon, bool usesLatency)
    {
        var kept = new List<ParetoCandidate>();
        var dominated = new List<DominatedCandidate>();
        foreach (var candidate in candidates.OrderBy(candidate => candidate.CostUsd).ThenByDescending(candidate => candidate.Quality)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal))
        {
            // Of those that beat it the best in quality tells most.
            var by = candidates.Where(other => Beats(other, candidate, epsilon, usesLatency))
                .OrderByDescending(other => other.Quality).ThenBy(other => other.CostUsd).ThenBy(other => other.Name, StringComparer.Ordinal)
                .FirstOrDefault();
            if (by is null)
                kept.Add(candidate);
            else
                dominated.Add(new DominatedCandidate(
                    candidate, by.Name, by.CostUsd - candidate.CostUsd, Math.Round(by.Quality - candidate.Quality, 6)));
        }

        return (kept, dominated);
    }

    public static bool Beats(ParetoCandidate one, ParetoCandidate other, double epsilon, bool usesLatency)
    {
        var (costOne, costOther) = ((double)one.CostUsd, (double)other.CostUsd);
        var better = costOne < costOther * (1 - epsilon) || one.Quality > other.Quality * (1 + epsilon);
        var worse = costOne > costOther * (1 + epsilon) || one.Quality < other.Quality * (1 - epsilon);
        if (usesLatency && one.LatencyP95Ms is { } latencyOne && other.LatencyP95Ms is { } latencyOther)
        {
            better |= latencyOne < latencyOther * (1 - epsilon);
            worse |= latencyOne > latencyOther * (1 + epsilon);
        }

        return better && !worse;
    }
}
