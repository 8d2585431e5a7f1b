namespace Apex.Server.Connections.Confirmation;

/// <summary>
/// Whether a connection's client confirms what it is given: an agent's event that stays unconfirmed for too long says that somebody may
/// wait before a screen that shows nothing. Used by the sweep alone; read by anybody.
/// </summary>
internal sealed class ConfirmationWatch(TimeSpan patience, TimeProvider time)
{
    private long _waitingFor;
    private long _since;
    private volatile bool _isOverdue;

    /// <summary>The client owes the confirmation of an agent's event for longer than it may.</summary>
    public bool IsOverdue => _isOverdue;

    /// <param name="given">Seq of the last agent's event handed to the socket; 0 for none.</param>
    /// <param name="confirmed">Highest seq the client has confirmed.</param>
    public void Look(long given, long confirmed)
    {
        if (confirmed >= _waitingFor)
        {
            // The one that was waited for is there; those given since have a time of their own.
            _isOverdue = false;
            (_waitingFor, _since) = given > confirmed ? (given, time.GetTimestamp()) : (0, 0);
        }
        else if (time.GetElapsedTime(_since) > patience)
        {
            _isOverdue = true;
        }
    }
}
