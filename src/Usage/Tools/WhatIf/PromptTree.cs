using System.Runtime.InteropServices;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>
/// Prompts of one model as a radix tree of blocks: a block is what it is only after the blocks before it, which is how providers
/// cache. Each node remembers, for every choice of the actions that change prompts, when its blocks were last sent. Nodes that no
/// choice has sent within the lifetime are dropped, so memory follows the traffic of two lifetimes.
/// </summary>
/// <param name="choices">Number of choices; each has its own times.</param>
internal sealed class PromptTree(int choices, long ttlTicks)
{
    private const long Never = long.MinValue / 2;

    private readonly Node _root = new(ReadOnlyMemory<long>.Empty, []);
    private long _nextSweep = long.MinValue;

    public int Nodes { get; private set; }

    /// <summary>Notes for each choice how many leading blocks are alive, then sends the first <paramref name="kept"/> blocks under it.</summary>
    /// <param name="found">By choice; only those of <paramref name="under"/> are written.</param>
    public void Send(long[] blocks, int kept, long now, ReadOnlySpan<int> under, Span<int> found)
    {
        Sweep(now);
        foreach (var choice in under)
            found[choice] = 0;
        var node = _root;
        var at = 0;
        while (at < kept)
        {
            ref var child = ref CollectionsMarshal.GetValueRefOrAddDefault(node.Children, blocks[at], out var isKnown);
            if (!isKnown)
            {
                child = Leaf(blocks.AsMemory(at, kept - at), now, under);
                return;
            }

            var common = child!.Blocks.Span.CommonPrefixLength(blocks.AsSpan(at, kept - at));
            if (common < child.Blocks.Length)
                child = Split(child, common);
            foreach (var choice in under)
            {
                if (found[choice] == at && now - child.LastSent[choice] <= ttlTicks)
                    found[choice] = at + common;
                child.LastSent[choice] = now;
            }

            at += common;
            node = child;
        }
    }

    private Node Leaf(ReadOnlyMemory<long> blocks, long now, ReadOnlySpan<int> under)
    {
        var times = new long[choices];
        Array.Fill(times, Never);
        foreach (var choice in under)
            times[choice] = now;
        Nodes++;
        return new Node(blocks, times);
    }

    /// <summary>The first blocks of a node become its parent: both were last sent at the same times.</summary>
    private Node Split(Node node, int length)
    {
        Nodes++;
        var upper = new Node(node.Blocks[..length], [.. node.LastSent]);
        node.Blocks = node.Blocks[length..];
        upper.Children[node.Blocks.Span[0]] = node;
        return upper;
    }

    private void Sweep(long now)
    {
        if (now < _nextSweep)
            return;
        _nextSweep = now + ttlTicks;
        Drop(_root, now - ttlTicks);
    }

    /// <summary>Whoever sends a block has sent those before it, so what hangs below an old node is at least as old.</summary>
    private void Drop(Node node, long before)
    {
        foreach (var (block, child) in node.Children)
            if (child.LastSent.Max() < before)
            {
                node.Children.Remove(block);
                Nodes -= child.Count();
            }
            else
            {
                Drop(child, before);
            }
    }

    private sealed class Node(ReadOnlyMemory<long> blocks, long[] lastSent)
    {
        public ReadOnlyMemory<long> Blocks { get; set; } = blocks;

        public long[] LastSent { get; } = lastSent;

        public Dictionary<long, Node> Children { get; } = [];

        public int Count() => 1 + Children.Values.Sum(child => child.Count());
    }
}
