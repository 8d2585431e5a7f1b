using Apex.Simulation.Turns;
using Apex.Storage.Sqlite;

namespace Apex.Simulation.Worlds;

/// <summary>Gives the store's writer its turns: as late as the disk is slow, so that what comes meanwhile shares the commit.</summary>
internal sealed class SimulatedWriter(Scheduler scheduler, Actor actor, Func<TimeSpan> latency) : IWriterTurns
{
    /// <summary>The product looks for chores more often; nothing here depends on it.</summary>
    private const int IdleFactor = 20;

    private Func<WriterTurn>? _turn;
    private TimeSpan _idle;
    private bool _asked;
    private bool _ended;
    private bool _working;

    public void Begin(Func<WriterTurn> turn, TimeSpan idle)
    {
        (_turn, _idle) = (turn, idle * IdleFactor);
        scheduler.After(_idle, ComeIdle);
    }

    public void Wake()
    {
        if (_asked || _ended)
            return;
        _asked = true;
        scheduler.After(latency(), Take);
    }

    /// <summary>After the process was killed: lets the store give back what it holds of the real machine.</summary>
    public void Finish()
    {
        while (!_ended)
            TakeOne();
    }

    private void ComeIdle()
    {
        if (_ended || actor.IsDead)
            return;
        TakeOne();
        scheduler.After(_idle, ComeIdle);
    }

    private void Take()
    {
        _asked = false;
        if (_ended || actor.IsDead)
            return;
        if (TakeOne() == WriterTurn.Worked)
            Wake();
    }

    private WriterTurn TakeOne()
    {
        if (_working)
            throw new SimulationFailedException("The writer's turns overlap.");
        _working = true;
        var result = _turn!(); // Begin comes before everything else.
        _working = false;
        _ended = result == WriterTurn.Last;
        return result;
    }
}
