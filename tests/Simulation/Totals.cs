using System.Globalization;
using Apex.Simulation.Worlds;

namespace Apex.Simulation;

/// <summary>What a series of worlds came to.</summary>
internal sealed class Totals
{
    private int _worlds;
    private TimeSpan _simulated;
    private long _turns;
    private int _lives;
    private long _seen;
    private long _gaps;

    public void Add(WorldResult result)
    {
        _worlds++;
        _simulated += result.Simulated;
        _turns += result.Turns;
        _lives += result.Lives;
        _seen += result.Seen;
        _gaps += result.Gaps;
    }

    public string Sentence(TimeSpan took) => string.Create(
        CultureInfo.InvariantCulture,
        $"ok {_worlds} worlds {_simulated.TotalHours:F1} simulated_hours {took.TotalSeconds:F1} seconds {_simulated.TotalHours / took.TotalSeconds:F2} hours_per_second {_turns} turns {_lives} server_lives {_seen} events_seen {_gaps} gaps_told");
}
