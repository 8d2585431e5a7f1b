using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.FocusExport;

/// <summary>The charges of one UTC day while its calls are read.</summary>
internal sealed class FocusDay(DateOnly date, IReadOnlyList<Dimension> dimensions)
{
    private readonly Dictionary<(Group Group, TokenType Type), Charge> _charges = [];

    public DateOnly Date => date;

    public int Count => _charges.Count;

    public void Add(UsageEvent call, UnitPrices? units)
    {
        var group = new Group(
            call.Provider, call.Region, call.Model ?? "", SnakeCase.Of(call.ServiceTier), call.PriceRowId,
            string.Join('\u001f', dimensions.Select(dimension => DimensionValue.Of(call, dimension) ?? "\u0000")));
        Span<long> tokens = stackalloc long[CostSplit.Kinds];
        Span<long> effective = stackalloc long[CostSplit.Kinds];
        Span<long> list = stackalloc long[CostSplit.Kinds];
        var cost = call.CostEffective ?? NanoDollars.Zero;
        CostSplit.Split(call, call.CostEffective is null ? null : units, cost, tokens, effective);
        CostSplit.Scale(tokens, effective, cost.Value, (call.CostList ?? NanoDollars.Zero).Value, list);
        for (var kind = 0; kind < CostSplit.Kinds; kind++)
        {
            if (tokens[kind] == 0 && effective[kind] == 0 && list[kind] == 0)
                continue;
            var key = (group, (TokenType)kind);
            if (!_charges.TryGetValue(key, out var charge))
                _charges[key] = charge = new Charge();
            charge.Tokens += tokens[kind];
            charge.Effective += new NanoDollars(effective[kind]);
            charge.List += new NanoDollars(list[kind]);
            charge.Requests++;
        }
    }

    public IEnumerable<FocusRow> Rows() => _charges
        .OrderBy(pair => pair.Key.Group.Provider, StringComparer.Ordinal).ThenBy(pair => pair.Key.Group.Model, StringComparer.Ordinal)
        .ThenBy(pair => pair.Key.Group.Tier, StringComparer.Ordinal).ThenBy(pair => pair.Key.Group.PriceRow, StringComparer.Ordinal)
        .ThenBy(pair => pair.Key.Group.Region, StringComparer.Ordinal)
        .ThenBy(pair => pair.Key.Group.Dimensions, StringComparer.Ordinal).ThenBy(pair => pair.Key.Type)
        .Select(pair => new FocusRow(
            date, pair.Key.Group.Provider, pair.Key.Group.Region, pair.Key.Group.Model, CostSplit.Names[(int)pair.Key.Type], pair.Key.Group.Tier,
            pair.Key.Group.PriceRow, pair.Value.Tokens, pair.Value.List.Dollars, pair.Value.Effective.Dollars, pair.Value.Requests,
            pair.Key.Group.PriceRow is not null,
            dimensions.Count == 0 ? [] : pair.Key.Group.Dimensions.Split('\u001f').Select(value => value == "\u0000" ? null : value).ToList()));

    private readonly record struct Group(
        string? Provider, string? Region, string Model, string Tier, string? PriceRow, string Dimensions);

    private sealed class Charge
    {
        public long Tokens { get; set; }

        public long Requests { get; set; }

        public NanoDollars List { get; set; }

        public NanoDollars Effective { get; set; }
    }
}
