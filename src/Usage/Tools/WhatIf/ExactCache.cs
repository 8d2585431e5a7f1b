using System.Globalization;
using Apex.Usage.Events;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>
/// Step 2: a prompt that was answered within the lifetime is answered again from a response cache. Only whole, successful calls
/// enter it, and these no earlier step drops, so one pass over the log is exact for every choice of the other actions.
/// </summary>
internal sealed class ExactCache(string id, RowSelector only, TimeSpan ttl, bool perUser, bool anyTemperature)
    : ReplayAction(id, "exact_cache", 2, only)
{
    private readonly Dictionary<(string Prompt, string? Model, string? User), long> _storedAt = [];
    private long _nextSweep = long.MinValue;

    public override string Title => string.Create(CultureInfo.InvariantCulture,
        $"answer repeated prompts from a response cache of {ttl.TotalMinutes:0.##} minutes");

    public override Grade Grade => anyTemperature ? Grade.C : Grade.B;

    public override bool ChangesPrompts => true;

    public override string? Assumption => string.Create(CultureInfo.InvariantCulture,
        $"exact_cache serves an equal prompt hash of the same model{(perUser ? " and user" : "")} for {ttl.TotalMinutes:0.##} minutes after the call that stored it{(anyTemperature ? ", whatever the temperature" : ", where the logged temperature is 0")}; running the cache is taken to cost nothing.");

    public override bool Touches(UsageEvent call)
    {
        if (call.PromptHash is null || call.Status != CallStatus.Success || call.ToolCallCount > 0
            || (!anyTemperature && call.Temperature is not 0) || call.QualityFlags.Contains(QualityFlags.DuplicateSource) || !Only.Takes(call))
            return false;

        var now = call.StartedAt.UtcTicks;
        Sweep(now);
        var key = (call.PromptHash, call.Model, perUser ? call.UserId : null);
        if (_storedAt.TryGetValue(key, out var stored) && now - stored <= ttl.Ticks)
            return true;
        _storedAt[key] = now;
        return false;
    }

    public override void Apply(ref ReplayCall call) => call.IsMade = false;

    /// <summary>Answers beyond their lifetime are forgotten once per lifetime, so memory follows the traffic of two lifetimes.</summary>
    private void Sweep(long now)
    {
        if (now < _nextSweep)
            return;
        _nextSweep = now + ttl.Ticks;
        foreach (var (key, stored) in _storedAt)
            if (now - stored > ttl.Ticks)
                _storedAt.Remove(key);
    }
}
