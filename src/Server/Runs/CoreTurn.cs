namespace Apex.Server.Runs;

/// <summary>A turn on a core, waited for or had. Disposing it ends it; a second time does nothing.</summary>
/// <param name="number">Who came first goes first among those that are due alike.</param>
internal sealed class CoreTurn(CoreAccount account, long number, Action<CoreTurn> end) : IDisposable
{
    private readonly TaskCompletionSource came = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int ended;
    private double charged;

    public CoreAccount Account { get; } = account;

    public long Number { get; } = number;

    /// <summary>Timestamp of the clock from which the turn is charged.</summary>
    public long Began { get; set; }

    public Task Came => came.Task;

    public void Begin(long at)
    {
        Began = at;
        came.SetResult();
    }

    /// <summary>What it is expected to cost; the user is charged it until <see cref="Settle"/> knows better.</summary>
    public void Charge(double cost)
    {
        charged = cost;
        Account.Due += cost;
    }

    public void Settle(double cost)
    {
        Account.Due += cost - charged;
        charged = 0;
    }

    /// <returns>False when the turn had come already.</returns>
    public bool TryGiveUp(CancellationToken cancellationToken) => came.TrySetCanceled(cancellationToken);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref ended, 1) == 0)
            end(this);
    }
}
