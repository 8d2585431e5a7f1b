using Apex.Agents.Execution;
using Apex.Agents.Tests.House;
using Apex.Testing;

namespace Apex.Agents.Tests.Execution;

/// <summary>User execution engine: a run asks for a core for each piece of its work, and holds none when it has ended or waits.</summary>
public sealed class GivingWayTests
{
    [Fact]
    public async Task A_run_over_a_log_asks_for_its_turn_at_every_query_and_gives_all_of_them_back()
    {
        await using var house = await AgentHouse.OpenFileAsync(SharedData.AiderCalls);
        var cores = new CountedCores();
        var context = house.Ask("What are we spending per model, and what can we save?") with { Control = new RunControl(cores.TakeAsync) };

        var run = await RecordedRun.OfAsync(house.Supervisor.RunAsync(context, new MemoryLedger(), CancellationToken.None), context);

        var calls = run.Events.OfType<Apex.Protocol.Events.ToolExecuting>().Count();
        Assert.True(cores.Asked > 2 * calls, $"{calls} tool calls asked for {cores.Asked} turns.");
        Assert.Equal(0, cores.Held);
    }

    [Fact]
    public async Task What_goes_on_after_its_run_has_left_holds_no_core()
    {
        var cores = new CountedCores();
        var control = new RunControl(cores.TakeAsync);
        await control.Main.GiveWayAsync(CancellationToken.None);
        var call = control.Branch();
        await call.GiveWayAsync(CancellationToken.None);
        Assert.Equal(1, cores.Held);

        control.Leave();
        await call.GiveWayAsync(CancellationToken.None);
        call.Dispose();
        await call.GiveWayAsync(CancellationToken.None);
        await control.Main.GiveWayAsync(CancellationToken.None);

        Assert.Equal(0, cores.Held);
    }

    [Fact]
    public async Task The_first_call_goes_on_with_the_runs_own_turn_and_the_last_one_gives_it_back()
    {
        var cores = new CountedCores();
        var control = new RunControl(cores.TakeAsync);
        await control.Main.GiveWayAsync(CancellationToken.None);

        var (first, second) = (control.Branch(), control.Branch());
        await first.GiveWayAsync(CancellationToken.None);
        await second.GiveWayAsync(CancellationToken.None);
        Assert.Equal(2, cores.Held);
        first.Dispose();
        Assert.Equal(1, cores.Held);
        second.Dispose();
        await control.Main.GiveWayAsync(CancellationToken.None);

        Assert.Equal((2, 1), (cores.Given, cores.Held));
        control.Leave();
        Assert.Equal(0, cores.Held);
    }

    [Fact]
    public async Task What_a_run_does_at_the_same_time_shares_one_turn()
    {
        var cores = new CountedCores();
        var control = new RunControl(cores.TakeAsync);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => control.Main.GiveWayAsync(CancellationToken.None).AsTask())));

        Assert.Equal((1, 1), (cores.Given, cores.Held));
    }

    /// <summary>Has room for all, and counts.</summary>
    private sealed class CountedCores
    {
        private int _asked;
        private int _given;
        private int _held;

        public int Asked => _asked;

        public int Given => _given;

        public int Held => _held;

        public ValueTask<IDisposable> TakeAsync(IDisposable? held, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            if (held is not null)
                return ValueTask.FromResult(held);
            Interlocked.Increment(ref _given);
            Interlocked.Increment(ref _held);
            return ValueTask.FromResult<IDisposable>(new Turn(this));
        }

        private sealed class Turn(CountedCores cores) : IDisposable
        {
            private int _ended;

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _ended, 1) == 0)
                    Interlocked.Decrement(ref cores._held);
            }
        }
    }
}
