using System.Diagnostics.CodeAnalysis;
using Apex.Protocol.Ids;

namespace Apex.Agents.Execution;

/// <summary>
/// What the owner of a run tells it while it works: parts to stop and words to take in. And what the run asks of its owner: a turn on
/// a core, for each step and between the pieces of its work. Nothing here is stored; whoever runs the supervisor stores first and tells
/// then. Safe for concurrent use.
/// </summary>
/// <param name="turns">
/// Waits for a turn on a core, given the one that the run still has, which it may keep; disposing what it gives ends the turn. Null:
/// there is always room.
/// </param>
/// <param name="leaving">The work is over and gives its turn back; its last words are still to be stored.</param>
[SuppressMessage("Design", "CA1001", Justification = "Without a timer and a wait handle there is nothing to free, and a late caller must not meet a disposed one.")]
public sealed class RunControl(Func<IDisposable?, CancellationToken, ValueTask<IDisposable>>? turns = null, Action? leaving = null)
{
    private readonly Lock _mutex = new();
    private readonly Dictionary<string, Part> _parts = new(StringComparer.Ordinal);
    private readonly Dictionary<ApprovalId, TaskCompletionSource> _decisions = [];
    private readonly List<string> _steers = [];
    private readonly SemaphoreSlim _steering = new(1, 1);
    private int _branches;
    private long _tokens;
    private bool _isAnswering;
    private volatile bool _hasLeft;

    /// <summary>Asks a sub-agent's invocation or a tool call to stop, whether it is at work or still to come.</summary>
    public Task StopAsync(string target, string reason)
    {
        Part part;
        lock (_mutex)
        {
            part = Get_NeedsLock(target);
            part.Reason ??= reason;
        }

        // Outside the lock: what is cancelled may look here.
        return part.Stop.CancelAsync();
    }

    /// <summary>Why the part was asked to stop; null when it was not.</summary>
    public string? ReasonToStop(string? target)
    {
        lock (_mutex)
            return target is not null && _parts.TryGetValue(RunIds.OfFirstAttempt(target), out var part) ? part.Reason : null;
    }

    /// <summary>Cancelled when the part is asked to stop.</summary>
    public CancellationToken StopOf(string target)
    {
        lock (_mutex)
            return Get_NeedsLock(target).Stop.Token;
    }

    /// <summary>Tells what waits for it that the user decided; whoever waits reads the decision where it is stored.</summary>
    public void Decide(ApprovalId approval)
    {
        TaskCompletionSource? waiting;
        lock (_mutex)
            waiting = _decisions.GetValueOrDefault(approval);
        waiting?.TrySetResult();
    }

    /// <summary>Completes when the user has decided. Ask before looking whether he has.</summary>
    internal Task DecisionOf(ApprovalId approval)
    {
        lock (_mutex)
        {
            if (!_decisions.TryGetValue(approval, out var waiting))
                _decisions[approval] = waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return waiting.Task;
        }
    }

    /// <summary>Words the user added, in the order said.</summary>
    public IReadOnlyList<string> Steers
    {
        get
        {
            lock (_mutex)
                return [.. _steers];
        }
    }

    /// <summary>Adds words for the run to take in before its next step.</summary>
    /// <param name="store">Stores them; when it gives false or throws they are not added.</param>
    /// <returns>False when the run has begun to say its answer, or they were not stored.</returns>
    public async ValueTask<bool> TrySteerAsync(string words, Func<ValueTask<bool>> store, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        await _steering.WaitAsync(cancellationToken);
        try
        {
            if (_isAnswering || !await store())
                return false;
            lock (_mutex)
                _steers.Add(words);
            return true;
        }
        finally
        {
            _steering.Release();
        }
    }

    /// <summary>Tokens of chat models that the run had used before this process took it up: waiting and crashes do not give them back.</summary>
    public long TokensBefore { get; init; }

    /// <summary>Tokens of chat models that the run has used.</summary>
    internal long Tokens => TokensBefore + Interlocked.Read(ref _tokens);

    internal void NoteTokens(long used) => Interlocked.Add(ref _tokens, used);

    /// <summary>The run's own work, between its tool calls.</summary>
    internal CoreStrand Main
    {
        get
        {
            lock (_mutex)
                return field ??= new CoreStrand(this);
        }
    }

    internal Func<IDisposable?, CancellationToken, ValueTask<IDisposable>>? Turns => turns;

    /// <summary>The run is over, here at least: it needs no core any more.</summary>
    internal bool HasLeft => _hasLeft;

    /// <summary>
    /// The work of a tool call begins. The run waits for it, so that the first one goes on with the run's own turn and nobody comes between.
    /// </summary>
    internal CoreStrand Branch()
    {
        var branch = new CoreStrand(this);
        Interlocked.Increment(ref _branches);
        branch.Take(Main.GiveUp());
        return branch;
    }

    internal void End(CoreStrand branch)
    {
        var isLast = Interlocked.Decrement(ref _branches) == 0;
        if (isLast && !_hasLeft)
            Main.Take(branch.GiveUp());
        else
            branch.StepAside();
        if (_hasLeft)
            Main.StepAside();
    }

    internal void Leave()
    {
        _hasLeft = true;
        leaving?.Invoke();
        Main.StepAside();
    }

    /// <summary>From here on no words are taken.</summary>
    /// <returns>False when there are more than the run has taken in: it goes on with those first.</returns>
    internal async ValueTask<bool> TryBeginAnswerAsync(int taken, CancellationToken cancellationToken)
    {
        await _steering.WaitAsync(cancellationToken);
        try
        {
            return _isAnswering = Steers.Count <= taken;
        }
        finally
        {
            _steering.Release();
        }
    }

    private Part Get_NeedsLock(string target)
    {
        // A run that goes on after a crash makes its calls under new ids; what was asked of the first holds for them too.
        var id = RunIds.OfFirstAttempt(target);
        if (!_parts.TryGetValue(id, out var part))
            _parts[id] = part = new Part();
        return part;
    }

    private sealed class Part
    {
        public CancellationTokenSource Stop { get; } = new();

        public string? Reason { get; set; }
    }
}
