using System.Collections.Concurrent;

namespace Apex.Agents.Dependencies;

/// <summary>
/// What tools need outside of this server, each with its breaker: MCP servers, hosts that webhooks are posted to. Known by the names that
/// tools give (<see cref="Tools.ToolDescription.Dependency"/>), so there are as many as tools say. Safe for concurrent use.
/// </summary>
public sealed class ToolDependencies
{
    private readonly ConcurrentDictionary<string, ToolDependency> _byName = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private long _retries;

    /// <param name="time">By which breakers rest.</param>
    public ToolDependencies(TimeProvider time) => _time = time;

    /// <summary>Calls of tools that were made again after a failure that may pass.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>As they stand now, by name. Only those that were called.</summary>
    public IReadOnlyList<DependencyStanding> Look() =>
        [.. _byName.Values.Select(one => one.Look()).OrderBy(one => one.Name, StringComparer.Ordinal)];

    internal ToolDependency Of(string name) => _byName.GetOrAdd(name, static (named, time) => new ToolDependency(named, time), _time);

    internal void NoteRetry() => Interlocked.Increment(ref _retries);
}

/// <param name="IsOpen">It failed several times in a row: nothing is asked of it until its rest is over, then one call tries it.</param>
/// <param name="Calls">Made since the server started.</param>
/// <param name="Failures">Of those, the calls that found it away, overloaded or silent.</param>
public sealed record DependencyStanding(string Name, bool IsOpen, long Calls, long Failures);

/// <summary>One thing outside that calls of tools stand or fall with.</summary>
internal sealed class ToolDependency(string name, TimeProvider time)
{
    private readonly CircuitBreaker _breaker = new(time);
    private long _calls;
    private long _failures;

    /// <returns>Null while it is left alone.</returns>
    public CircuitBreaker.Pass? TryEnter() => _breaker.TryEnter();

    public void Succeeded(CircuitBreaker.Pass pass)
    {
        Interlocked.Increment(ref _calls);
        _breaker.Succeeded(pass);
    }

    /// <summary>It was away, overloaded or silent.</summary>
    public void Failed(CircuitBreaker.Pass pass)
    {
        Interlocked.Increment(ref _calls);
        Interlocked.Increment(ref _failures);
        _breaker.Failed(pass);
    }

    /// <summary>The call told nothing about it: it was cancelled.</summary>
    public void Left(CircuitBreaker.Pass pass) => _breaker.Left(pass);

    public DependencyStanding Look() => new(name, _breaker.IsOpen, Interlocked.Read(ref _calls), Interlocked.Read(ref _failures));

    public string Resting(string tool) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{tool} was not called: {name} failed {CircuitBreaker.FailuresToOpen} times in a row and is left alone for {CircuitBreaker.Rest.TotalSeconds:0} s.");
}
