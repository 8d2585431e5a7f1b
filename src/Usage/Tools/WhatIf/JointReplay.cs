using System.Numerics;
using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>
/// Replays the log once for every choice among up to eight actions. A call's cost depends only on the actions that touch it, so it is
/// priced once for each choice among those, and added up under that set; the cost of the log under any choice is then a sum over at
/// most 256 cells. Where a prompt cache is replayed, its state is kept for each choice of the actions before it.
/// </summary>
internal sealed class JointReplay
{
    public const int MaxActions = 8;

    private readonly IReadOnlyList<ReplayAction> _actions;
    private readonly PromptCaching? _caching;
    private readonly int _cachingIndex = -1;
    private readonly int _choicesBeforeCaching;
    private readonly bool _targetsAreWritten;
    private readonly RateCard _rates;
    private readonly long[]?[] _cost;
    private readonly long[]?[] _covered;
    private readonly Dictionary<string, PromptTree> _trees = new(StringComparer.Ordinal);
    private readonly Dictionary<int, IReadOnlyList<PromptView>> _views = [];
    private readonly int[] _found;
    private readonly long[] _touched;

    /// <param name="actions">At most eight, in the order of the pipeline.</param>
    public JointReplay(IReadOnlyList<ReplayAction> actions, PriceBook prices)
    {
        if (actions.Count > MaxActions)
            throw new ArgumentException($"At most {MaxActions} actions can be replayed together, not {actions.Count}.", nameof(actions));
        _actions = actions;
        _rates = new RateCard(prices);
        (_cost, _covered) = (new long[]?[1 << actions.Count], new long[]?[1 << actions.Count]);
        _touched = new long[actions.Count];
        for (var i = 0; i < actions.Count; i++)
            if (actions[i] is PromptCaching caching)
                (_caching, _cachingIndex) = (caching, i);
        _choicesBeforeCaching = 1 << Math.Max(0, _cachingIndex);
        _found = new int[_choicesBeforeCaching];
        _targetsAreWritten = _caching is not null && actions.OfType<SwitchModel>().SelectMany(one => one.Targets).Any(Writes);
    }

    /// <summary>Priced calls replayed.</summary>
    public long Calls { get; private set; }

    /// <summary>Calls without a known price; they take no part.</summary>
    public long Unpriced { get; private set; }

    /// <summary>Changed forms of calls that have no price; the call was left as it is there.</summary>
    public long UnpricedForms { get; private set; }

    /// <summary>Calls the action may alter; for the prompt cache, calls that found something.</summary>
    public long TouchedBy(int action) => _touched[action];

    /// <summary>Replays the next call of the log.</summary>
    /// <returns>Whether any action touches it.</returns>
    public bool Add(UsageEvent call)
    {
        if (call.CostEffective is not { } cost)
        {
            Unpriced++;
            return false;
        }

        Calls++;
        var touching = 0;
        for (var i = 0; i < _actions.Count; i++)
            if (i != _cachingIndex && _actions[i].Touches(call))
            {
                touching |= 1 << i;
                _touched[i]++;
            }

        var weighing = touching;
        if (_caching?.Touches(call) == true)
        {
            weighing |= Send(call, touching);
            touching |= 1 << _cachingIndex;
        }

        if (weighing == 0)
        {
            Cell(_cost, 0)[0] = checked(Cell(_cost, 0)[0] + cost.Value);
            return false;
        }

        Spread(call, cost.Value, touching, weighing);
        return true;
    }

    /// <summary>Cost of the replayed calls under each choice, in nano-dollars; bit i of the index is action i.</summary>
    /// <param name="months">Length of the log, for a monthly promise.</param>
    public long[] Costs(decimal months)
    {
        var commitment = _actions.OfType<Commit>().FirstOrDefault();
        var commitmentBit = commitment is null ? 0 : 1 << IndexOf(commitment);
        var promised = commitment is null ? 0 : (long)decimal.Round(commitment.Monthly.Value * months);
        var costs = new long[1 << _actions.Count];
        for (var choice = 0; choice < costs.Length; choice++)
        {
            costs[choice] = Sum(_cost, choice);
            if ((choice & commitmentBit) != 0)
                costs[choice] += Math.Max(0, promised - Sum(_covered, choice));
        }

        return costs;
    }

    private static long Sum(long[]?[] cells, int choice)
    {
        long sum = 0;
        for (var touching = 0; touching < cells.Length; touching++)
            if (cells[touching] is { } byChoice)
                sum = checked(sum + byChoice[choice & touching]);
        return sum;
    }

    /// <summary>Prices the call under every choice among the actions its cost depends on.</summary>
    /// <param name="touching">Actions that alter the call itself.</param>
    /// <param name="weighing">Actions its cost depends on: these, and those that alter what a cache holds when it comes.</param>
    private void Spread(UsageEvent call, long cost, int touching, int weighing)
    {
        var costs = Cell(_cost, weighing);
        var choice = weighing;
        while (true)
        {
            var (amount, isCovered) = Price(call, cost, choice, touching);
            costs[choice] = checked(costs[choice] + amount);
            if (isCovered)
                Cell(_covered, weighing)[choice] += amount;
            if (choice == 0)
                return;
            choice = (choice - 1) & weighing;
        }
    }

    private (long Cost, bool IsCovered) Price(UsageEvent call, long cost, int choice, int touching)
    {
        var replayed = new ReplayCall(call) { FoundBlocks = _found[choice & (_choicesBeforeCaching - 1)] };
        for (var left = choice & touching; left != 0 && replayed.IsMade; left &= left - 1)
            _actions[BitOperations.TrailingZeroCount(left)].Apply(ref replayed);
        if (!replayed.IsMade)
            return (0, false);

        var amount = cost;
        if (replayed.IsChanged && _rates.Cost(replayed) is { } changed)
            amount = changed.Value;
        else if (replayed.IsChanged)
            UnpricedForms++;
        return replayed.Discount is { } share ? ((long)decimal.Round(amount * (1 - share)), true) : (amount, false);
    }

    /// <summary>Sends the prompt under every choice of the actions before the cache, and tells on which of them what it finds depends.</summary>
    private int Send(UsageEvent call, int touching)
    {
        var blocks = call.PrefixBlockHashes as long[] ?? [.. call.PrefixBlockHashes!]; // The cache touches no call without blocks.
        var now = call.StartedAt.UtcTicks;
        foreach (var view in Views(touching & (_choicesBeforeCaching - 1)))
        {
            var seen = new ReplayCall(call);
            for (var left = view.Choice; left != 0 && seen.IsMade; left &= left - 1)
                _actions[BitOperations.TrailingZeroCount(left)].Apply(ref seen);
            if (seen.IsMade)
                Tree(seen.Model!).Send(blocks, seen.KeptBlocks, now, view.Under, _found); // The cache touches no call without a model.
            else
                foreach (var under in view.Under)
                    _found[under] = 0;
        }

        var weighing = 0;
        var isFound = false;
        for (var choice = 0; choice < _choicesBeforeCaching; choice++)
        {
            isFound |= _found[choice] > 0;
            for (var bit = 1; bit < _choicesBeforeCaching; bit <<= 1)
                if (_found[choice] != _found[choice ^ bit])
                    weighing |= bit;
        }

        if (_found[0] > 0)
            _touched[_cachingIndex]++;
        return isFound || _targetsAreWritten || Writes(call.Model) ? weighing | (1 << _cachingIndex) : weighing;
    }

    /// <summary>The forms a prompt can take under the actions that touch it, each with the choices under which it does.</summary>
    private IReadOnlyList<PromptView> Views(int touching)
    {
        if (_views.TryGetValue(touching, out var known))
            return known;
        var views = Enumerable.Range(0, _choicesBeforeCaching).GroupBy(choice => choice & touching)
            .Select(group => new PromptView(group.Key, [.. group])).ToArray();
        return _views[touching] = views;
    }

    private PromptTree Tree(string model)
    {
        if (!_trees.TryGetValue(model, out var tree))
        {
            var ttl = _caching!.ProfileOf(model).Ttl!.Value; // Called only where there is a cache, and every kind of it has a lifetime.
            _trees[model] = tree = new PromptTree(_choicesBeforeCaching, ttl.Ticks);
        }

        return tree;
    }

    private bool Writes(string? model) => _caching!.ProfileOf(model).Writes != Tools.PrefixCache.CacheWrites.None; // Asked only where there is a cache.

    private int IndexOf(ReplayAction action)
    {
        for (var i = 0; i < _actions.Count; i++)
            if (ReferenceEquals(_actions[i], action))
                return i;
        return -1;
    }

    private long[] Cell(long[]?[] cells, int touching) => cells[touching] ??= new long[1 << _actions.Count];

    private sealed record PromptView(int Choice, int[] Under);
}
