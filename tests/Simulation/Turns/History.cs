using System.Globalization;

namespace Apex.Simulation.Turns;

/// <summary>
/// What happened, as one number over all of it and as the last lines for a reader. Two runs of a seed have the same history, or the
/// simulation is not deterministic.
/// </summary>
internal sealed class History(Scheduler scheduler)
{
    private const int KeptLines = 400;

    private readonly Queue<string> _lines = new();
    private ulong _hash = 14_695_981_039_346_656_037;

    /// <summary>Of everything so far.</summary>
    public ulong Hash => _hash;

    /// <summary>What broke first; null while nothing did.</summary>
    public string? Failure { get; private set; }

    public IEnumerable<string> LastLines => _lines;

    /// <summary>Told every line as it is written; null for nobody.</summary>
    public Action<string>? Listener { get; set; }

    public void Mix(long number)
    {
        _hash = (_hash ^ (ulong)number) * 1_099_511_628_211;
        _hash ^= _hash >> 29;
    }

    /// <summary>Notes something worth reading. What it says must not hold random ids.</summary>
    public void Note(string actor, string what)
    {
        foreach (var character in what)
            Mix(character);
        foreach (var character in actor)
            Mix(character);
        Write(actor, what);
    }

    /// <summary>The first failure counts; the simulation ends soon after it.</summary>
    public void Fail(string what)
    {
        if (Failure is not null)
            return;
        Failure = what;
        Write("check", what);
        scheduler.End();
    }

    private void Write(string actor, string what)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{scheduler.Now.TotalSeconds,10:F4} {actor,-10} {what}");
        if (_lines.Count == KeptLines)
            _lines.Dequeue();
        _lines.Enqueue(line);
        Listener?.Invoke(line);
    }
}
