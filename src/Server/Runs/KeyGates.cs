using Apex.Protocol.Ids;

namespace Apex.Server.Runs;

/// <summary>
/// Lets requests of one user with the same idempotency key through one after the other, so that of a hundred equal ones the first
/// makes the run and the others find it. Holds an entry only while somebody is inside or waits.
/// </summary>
internal sealed class KeyGates
{
    private readonly Lock mutex = new();
    private readonly Dictionary<(UserId, string), Gate> gates = [];

    public async ValueTask<IDisposable> EnterAsync(UserId user, string key, CancellationToken cancellationToken)
    {
        Gate? gate;
        lock (mutex)
        {
            if (!gates.TryGetValue((user, key), out gate))
                gates[(user, key)] = gate = new Gate(this, (user, key));
            gate.Visitors++;
        }

        try
        {
            await gate.Turn.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Leave(gate);
            throw;
        }

        return new Pass(gate);
    }

    private void Leave(Gate gate)
    {
        lock (mutex)
        {
            if (--gate.Visitors > 0)
                return;
            gates.Remove(gate.Key);
        }

        gate.Turn.Dispose();
    }

    private sealed class Gate(KeyGates owner, (UserId, string) key)
    {
        public KeyGates Owner { get; } = owner;
        public (UserId, string) Key { get; } = key;
        public SemaphoreSlim Turn { get; } = new(1, 1);
        public int Visitors { get; set; }
    }

    private sealed class Pass(Gate gate) : IDisposable
    {
        private Gate? gate = gate;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref gate, null) is not { } mine)
                return;
            mine.Turn.Release();
            mine.Owner.Leave(mine);
        }
    }
}
