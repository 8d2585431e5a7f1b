using Apex.Usage.Events;

namespace Apex.Usage.Tools.RetryWaste;

/// <summary>
/// Finds the chain a call belongs to. It is an attempt of an earlier request when it names the failed attempt as its parent;
/// when it repeats that request's prompt (same user and feature) within ten minutes after a failure, or within five seconds
/// after an answer; or, where prompts are not hashed, when it follows a failure in the same trace with the same input. Calls
/// that began before the earlier attempt ended are siblings, not retries, unless their source numbers them as attempts.
/// Rows come in order of time; memory holds ten minutes of them.
/// </summary>
internal sealed class RetryChains
{
    public static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan AfterAnswer = TimeSpan.FromSeconds(5);

    private const int MaxOpen = 2_000_000;

    private readonly Dictionary<string, AttemptChain> _open = new(StringComparer.Ordinal);
    private readonly Queue<(DateTimeOffset ForgetAt, string Key)> _forget = [];

    /// <summary>Chains dropped before their ten minutes were over, for want of memory.</summary>
    public long Forgotten { get; private set; }

    /// <summary>The chain this call continues; null when it is a request of its own.</summary>
    public AttemptChain? Find(UsageEvent call)
    {
        Forget(call.StartedAt);
        if (call.ParentEventId is { } parent && _open.TryGetValue("e:" + parent, out var named) && named.Last.EventId == parent && named.LastFailed)
            return named;
        if (call.PromptHash is not null)
            return _open.TryGetValue(PromptKey(call), out var same) && Repeats(call, same) ? same : null;
        return TraceKey(call) is { } trace && _open.TryGetValue(trace, out var before) && Follows(call, before) ? before : null;
    }

    /// <summary>Remembers the chain under every name a next attempt could find it by.</summary>
    public void Keep(AttemptChain chain)
    {
        var call = chain.Last;
        if (call.PromptHash is not null)
            Put(PromptKey(call), chain);
        if (!chain.LastFailed)
            return;
        Put("e:" + call.EventId, chain);
        if (call.PromptHash is null && TraceKey(call) is { } trace)
            Put(trace, chain);
    }

    private static bool Repeats(UsageEvent call, AttemptChain chain)
    {
        var gap = call.StartedAt - chain.LastEnd;
        var isNumbered = call.Attempt is > 1;
        if (isNumbered)
            return gap <= AfterFailure;
        return gap >= TimeSpan.Zero && gap <= (chain.LastFailed ? AfterFailure : AfterAnswer);
    }

    /// <summary>Steps of a trace differ in their input; a retry repeats it. Failed calls often report no input at all.</summary>
    private static bool Follows(UsageEvent call, AttemptChain chain)
    {
        var gap = call.StartedAt - chain.LastEnd;
        return chain.LastFailed && gap <= AfterFailure && (gap >= TimeSpan.Zero || call.Attempt is > 1)
            && (chain.Last.InputTotal == 0 || chain.Last.InputTotal == call.InputTotal);
    }

    private static string PromptKey(UsageEvent call) => $"p:{call.PromptHash}\u001f{call.UserId}\u001f{call.Feature}";

    private static string? TraceKey(UsageEvent call) =>
        call.TraceId is { } trace ? $"t:{trace}\u001f{call.Operation}\u001f{call.Feature}" : null;

    private void Put(string key, AttemptChain chain)
    {
        _open[key] = chain;
        _forget.Enqueue((chain.LastEnd + AfterFailure, key));
        if (_forget.Count <= MaxOpen)
            return;
        if (_open.Remove(_forget.Dequeue().Key))
            Forgotten++;
    }

    private void Forget(DateTimeOffset now)
    {
        while (_forget.TryPeek(out var oldest) && oldest.ForgetAt < now)
        {
            _forget.Dequeue();
            // A later attempt may have been put under the same name: its own entry of the queue ends it.
            if (_open.TryGetValue(oldest.Key, out var chain) && chain.LastEnd + AfterFailure < now)
                _open.Remove(oldest.Key);
        }
    }
}
