using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.FixedOverhead;

/// <summary>What calls are told apart by: one system text and one set of tools.</summary>
internal readonly record struct FixedKey(string? Feature, string? Model, string? SystemHash, string? ToolsHash);

/// <summary>
/// The beginning that all calls of a key share, learned in a first pass and priced in a second. Blocks of one conversation agree far
/// beyond the system text, so blocks count only when calls of at least two conversations were seen.
/// </summary>
internal sealed class FixedPart(FixedKey key)
{
    private const int MaxBlocks = 2_048;

    private long[]? _shared;
    private int _sharedBlocks;
    private int _blockTokens;
    private string? _conversation;
    private bool _hasTwoConversations;
    private long? _toolsTokens;
    private long _tellingCalls;
    private long _toolCalls;
    private long _requests;
    private long _fixed;
    private long _input;
    private decimal _usd;
    private decimal _toolsUsd;

    public FixedKey Key => key;

    public long Seen { get; private set; }

    public DailyAmounts Daily { get; } = new();

    public DailyAmounts ToolsDaily { get; } = new();

    public long FixedTokens => _fixed;

    public long InputTokens => _input;

    public long Requests => _requests;

    public bool ByBlocks => _hasTwoConversations && _sharedBlocks > 0;

    /// <summary>Leading tokens every call of the key sends; 0: unknown.</summary>
    public long Length => Math.Max(ByBlocks ? (long)_sharedBlocks * _blockTokens : 0, _toolsTokens ?? 0);

    public void Learn(UsageEvent call)
    {
        Seen++;
        if (call.ToolsTokens is { } tools)
            _toolsTokens = Math.Min(_toolsTokens ?? long.MaxValue, tools);
        if (call.ToolCallCount is { } called)
        {
            _tellingCalls++;
            _toolCalls += called;
        }

        _conversation ??= call.ConversationId ?? call.EventId;
        _hasTwoConversations |= _conversation != (call.ConversationId ?? call.EventId);
        if (call is not { PrefixBlockHashes: { Count: > 0 } blocks, BlockSize: { } size })
            return;
        // The last block may be partial, and then its hash says nothing of a whole one.
        var whole = (int)Math.Min(blocks.Count, call.InputTotal / Math.Max(1, size));
        if (_shared is null)
        {
            _shared = [.. blocks.Take(Math.Min(whole, MaxBlocks))];
            (_sharedBlocks, _blockTokens) = (_shared.Length, size);
            return;
        }

        var same = 0;
        while (size == _blockTokens && same < _sharedBlocks && same < whole && _shared[same] == blocks[same])
            same++;
        _sharedBlocks = same;
    }

    public void Weigh(UsageEvent call, UnitPrices? units)
    {
        var length = Math.Min(Length, call.InputTotal);
        var tools = Math.Min(_toolsTokens ?? 0, length);
        var usd = units is null ? 0 : InputCost.OfFirst(length, call, units);
        // Vendors put tools or system text first; a token of either is taken to cost the beginning's mean.
        var toolsUsd = length == 0 ? 0 : usd * tools / length;
        _requests++;
        _input += call.InputTotal;
        _fixed += length;
        _usd += usd;
        _toolsUsd += toolsUsd;
        Daily.Add(call.StartedAt, usd);
        ToolsDaily.Add(call.StartedAt, toolsUsd);
    }

    public bool NeverCalled(int minRequests) => key.ToolsHash is not null && _toolsTokens > 0 && _toolCalls == 0 && _tellingCalls >= minRequests;

    public OverheadGroup Shown(int minRequests) => new(
        key.Feature, key.Model, key.SystemHash, key.ToolsHash, ByBlocks ? "blocks" : "tools_tokens", _requests, Length, decimal.Round(_usd, 9),
        Figures.Share(_fixed, _input), _fixed == 0 ? null : decimal.Round(_usd / _fixed * 1_000_000, 6), _toolsTokens, decimal.Round(_toolsUsd, 9),
        _tellingCalls == 0 ? null : _toolCalls, NeverCalled(minRequests));
}
