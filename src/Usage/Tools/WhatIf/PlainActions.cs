using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>Step 1: calls that failed, and calls that another source recorded too, are not paid for.</summary>
internal sealed class DropWaste(string id, RowSelector only) : ReplayAction(id, "drop_waste", 1, only)
{
    public override string Title => "do not pay for failed and doubly recorded calls";

    public override bool ChangesPrompts => true;

    public override string? Assumption =>
        "drop_waste takes it that every failed call (error or timeout) could have been avoided or was not billed, and that of a call recorded by two sources one row is the bill.";

    public override bool Touches(UsageEvent call) =>
        (call.Status is CallStatus.Error or CallStatus.Timeout || call.QualityFlags.Contains(QualityFlags.DuplicateSource)) && Only.Takes(call);

    public override void Apply(ref ReplayCall call) => call.IsMade = false;
}

/// <summary>Step 3: prompts longer than a limit are cut to it; a stated beginning keeps its place, what follows the cut moves.</summary>
internal sealed class TrimContext(string id, RowSelector only, long maxInputTokens, long keptTokens) : ReplayAction(id, "trim_context", 3, only)
{
    public override string Title => string.Create(CultureInfo.InvariantCulture, $"cut prompts to {maxInputTokens:N0} tokens");

    public override bool ChangesPrompts => true;

    public override string? Assumption => string.Create(CultureInfo.InvariantCulture,
        $"trim_context keeps the first {keptTokens:N0} tokens of a prompt in place; what follows the cut moves, so no cache finds it. Answers are taken to stay as long as they were.");

    public override bool Touches(UsageEvent call) => call.InputTotal - call.InAudio - call.InImage > maxInputTokens && Only.Takes(call);

    public override void Apply(ref ReplayCall call)
    {
        call.InCacheRead = Math.Min(call.InCacheRead, keptTokens);
        var left = maxInputTokens - call.InCacheRead;
        call.InCacheWrite5m = Math.Min(call.InCacheWrite5m, left);
        call.InCacheWrite1h = Math.Min(call.InCacheWrite1h, left - call.InCacheWrite5m);
        call.InUncached = left - call.InCacheWrite5m - call.InCacheWrite1h;
        call.KeptBlocks = (int)Math.Min(call.KeptBlocks, keptTokens / Math.Max(1, call.Source.BlockSize ?? 1));
        call.IsChanged = true;
    }
}

/// <summary>Step 4: calls go to another model. Of several such actions that take a call, the first one chosen holds.</summary>
internal sealed class SwitchModel(string id, RowSelector only, ModelRoutes routes, decimal tokenRatio, decimal outputRatio)
    : ReplayAction(id, "switch_model", 4, only)
{
    public IReadOnlyList<string> Targets => routes.Targets;

    public override IReadOnlyList<Dimension> Looks => [.. base.Looks, .. routes.Looks];

    public override string Title => routes.Title;

    public override bool ChangesPrompts => true;

    public override string? Assumption => string.Create(CultureInfo.InvariantCulture,
        $"switch_model prices the calls as {routes.TargetWords} would: {(tokenRatio == 1 ? "one token" : $"{tokenRatio:0.##} tokens")} of it for one logged token, answers {(outputRatio == 1 ? "as long as those logged" : $"{outputRatio:0.##} times as long")}. Whether its answers are good enough is not computed here.");

    public override bool Touches(UsageEvent call) =>
        call.Model is { } model && routes.TargetOf(call) is { } target && model != target && Only.Takes(call);

    public override void Apply(ref ReplayCall call)
    {
        if (call.Model != call.Source.Model)
            return;
        (call.Model, call.Provider) = (routes.TargetOf(call.Source), null);
        call.TokenRatio = tokenRatio;
        call.InUncached = Scaled(call.InUncached, tokenRatio);
        call.InCacheRead = Scaled(call.InCacheRead, tokenRatio);
        call.InCacheWrite5m = Scaled(call.InCacheWrite5m, tokenRatio);
        call.InCacheWrite1h = Scaled(call.InCacheWrite1h, tokenRatio);
        call.OutVisible = Scaled(call.OutVisible, tokenRatio * outputRatio);
        call.OutReasoning = Scaled(call.OutReasoning, tokenRatio * outputRatio);
        call.IsChanged = true;
    }

    private static long Scaled(long tokens, decimal ratio) => ratio == 1 ? tokens : (long)decimal.Round(tokens * ratio);
}

/// <summary>Step 5: groups of calls whose markers cost more than they save go without: what was read and written is plain input.</summary>
internal sealed class StopCaching(string id, RowSelector only, IReadOnlyList<CallGroup> groups) : ReplayAction(id, "stop_caching", 5, only)
{
    public override IReadOnlyList<Dimension> Looks => [.. base.Looks, Dimension.Model, Dimension.Feature];

    public override string Title => "take cache markers off where writing costs more than reading saves";

    public override Grade Grade => Grade.B;

    public override bool Touches(UsageEvent call) =>
        call.InCacheRead + call.InCacheWrite5m + call.InCacheWrite1h > 0 && groups.Any(group => group.Takes(call)) && Only.Takes(call);

    public override void Apply(ref ReplayCall call)
    {
        call.InUncached = call.TextInput;
        (call.InCacheRead, call.InCacheWrite5m, call.InCacheWrite1h) = (0, 0, 0);
        call.IsChanged = true;
    }
}

/// <summary>Step 6: answers end at a limit. Reasoning comes first, so the visible answer is what gets cut.</summary>
internal sealed class CapOutput(string id, RowSelector only, long maxOutputTokens, bool mayGrow) : ReplayAction(id, "cap_output", 6, only)
{
    public override string Title => string.Create(CultureInfo.InvariantCulture, $"end answers at {maxOutputTokens:N0} tokens");

    public override string? Assumption => "cap_output cuts what lies beyond the limit and changes nothing else: cut answers may be asked for again.";

    /// <remarks>Where another model may answer at more length, any answer may come to be too long.</remarks>
    public override bool Touches(UsageEvent call) =>
        (mayGrow || call.OutVisible + call.OutReasoning > maxOutputTokens) && Only.Takes(call);

    public override void Apply(ref ReplayCall call)
    {
        if (call.OutVisible + call.OutReasoning <= maxOutputTokens)
            return;
        call.OutReasoning = Math.Min(call.OutReasoning, maxOutputTokens);
        call.OutVisible = Math.Min(call.OutVisible, maxOutputTokens - call.OutReasoning);
        call.IsChanged = true;
    }
}

/// <summary>Step 7: calls go to another service tier, where their model has prices for it.</summary>
internal sealed class ShiftTier(string id, RowSelector only, ServiceTier tier, bool onlyMarked) : ReplayAction(id, "shift_tier", 7, only)
{
    public static readonly TimeSpan BatchDeadline = TimeSpan.FromHours(24);

    public override string Title => onlyMarked
        ? $"send calls that can wait at {Name} prices"
        : $"send calls at {Name} prices";

    public override Grade Grade => onlyMarked ? Grade.B : Grade.C;

    public override string? Assumption => tier == ServiceTier.Batch
        ? "shift_tier takes it that calls sent as a batch keep the cache reads they have; no discount is assumed where the price list has none."
        : $"shift_tier assumes no discount where the price list has none for {Name}.";

    private string Name => Arguments.SnakeCase.Of(tier);

    public override bool Touches(UsageEvent call) =>
        call.ServiceTier != tier && (!onlyMarked || CanWait(call)) && Only.Takes(call);

    public override void Apply(ref ReplayCall call)
    {
        call.Tier = tier;
        call.IsChanged = true;
    }

    private static bool CanWait(UsageEvent call) =>
        call.BatchableHint == true || call.DeadlineSeconds >= BatchDeadline.TotalSeconds;
}

/// <summary>Step 8: a discount for a promise to spend; what the covered calls do not reach of the promise is paid all the same.</summary>
internal sealed class Commit(string id, RowSelector only, string modelPrefix, decimal discountShare, NanoDollars monthly, IReadOnlyList<string> targets)
    : ReplayAction(id, "commitment", 8, only)
{
    private readonly bool _mayCoverAny = targets.Any(target => target.StartsWith(modelPrefix, StringComparison.Ordinal));

    public NanoDollars Monthly => monthly;

    public override string Title => string.Create(CultureInfo.InvariantCulture,
        $"commit to {monthly.Dollars:N2} dollars a month for {discountShare:P1} off{(modelPrefix.Length == 0 ? "" : " " + modelPrefix)}");

    public override string? Assumption => "commitment is given by the asker; what of the monthly promise the covered calls do not reach is added to the cost, a month taken as 30 days.";

    public override bool Touches(UsageEvent call) => (_mayCoverAny || Covers(call.Model)) && Only.Takes(call);

    public override void Apply(ref ReplayCall call)
    {
        if (Covers(call.Model))
            call.Discount = discountShare;
    }

    private bool Covers(string? model) => model is not null && model.StartsWith(modelPrefix, StringComparison.Ordinal);
}
