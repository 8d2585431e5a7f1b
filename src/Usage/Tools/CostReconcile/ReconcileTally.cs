using Apex.Usage.Events;

namespace Apex.Usage.Tools.CostReconcile;

/// <summary>Sums by class and by model while rows stream by. Memory is bounded by the models and the rows it may list.</summary>
internal sealed class ReconcileTally(int listed)
{
    public const int MaxResidualsHeld = 20_000;
    private const int MaxModels = 5_000;

    private readonly Dictionary<CostClass, ClassSum> _classes =
        Enum.GetValues<CostClass>().ToDictionary(costClass => costClass, costClass => new ClassSum(costClass, Math.Max(listed, 5)));

    private readonly Dictionary<string, ModelSum> _models = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ModelSum> _unpriced = new(StringComparer.Ordinal);
    private readonly List<UsageEvent> _residuals = [];

    public long Rows { get; private set; }

    public long ResidualsNotHeld { get; private set; }

    public long Compared => Rows - Of(CostClass.Unpriced).Rows - Of(CostClass.NoRecordedCost).Rows;

    public NanoDollars ComparedRecorded => Sum(sum => sum.Recorded);

    public NanoDollars ComparedList => Sum(sum => sum.List);

    public NanoDollars ComparedDifference => Sum(sum => sum.Difference);

    public ClassSum Of(CostClass costClass) => _classes[costClass];

    public void Add(UsageEvent call, CostClass costClass, string note)
    {
        Rows++;
        if (costClass == CostClass.Unpriced)
            Model(_unpriced, call).Add(call, isExact: false);
        else if (costClass != CostClass.NoRecordedCost)
            Model(_models, call).Add(call, costClass == CostClass.Exact);

        if (costClass != CostClass.Residual || _residuals.Count >= MaxResidualsHeld)
        {
            ResidualsNotHeld += costClass == CostClass.Residual ? 1 : 0;
            Of(costClass).Add(call, note);
        }
        else
            _residuals.Add(call);
    }

    /// <summary>Splits the held rows into those another price explains and those nothing does. To be called once, at the end.</summary>
    public IReadOnlyList<OtherPrice> Settle()
    {
        var found = OtherPrices.Find(_residuals);
        var explained = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (price, rows) in found)
            foreach (var call in rows)
            {
                explained.Add(call.EventId);
                Of(CostClass.OtherPrice).Add(call,
                    $"as at ${price.InputUsdPerMillion:0.####} and ${price.OutputUsdPerMillion:0.####} per million "
                    + $"tokens");
            }

        foreach (var call in _residuals)
            if (!explained.Contains(call.EventId))
                Of(CostClass.Residual).Add(call, "");
        _residuals.Clear();
        return found.Select(pair => pair.Price).ToList();
    }

    public IReadOnlyList<CostClassRow> Classes(int examples) =>
        _classes.Values.Where(sum => sum.Rows > 0).Select(sum => sum.Row(Rows, examples)).ToList();

    public IReadOnlyList<UnpricedModel> UnpricedModels() =>
        _unpriced.Values.OrderByDescending(sum => sum.Recorded.Value).ThenByDescending(sum => sum.Rows)
            .ThenBy(sum => sum.Model, StringComparer.Ordinal)
            .Select(sum => new UnpricedModel(sum.Model, sum.Rows, sum.Recorded.Dollars)).ToList();

    public IReadOnlyList<ModelReconciliation> ByModel() =>
        _models.Values.OrderByDescending(sum => Math.Abs((sum.Recorded - sum.List).Value)).ThenByDescending(sum => sum.Recorded.Value)
            .ThenBy(sum => sum.Model, StringComparer.Ordinal)
            .Select(sum => new ModelReconciliation(
                sum.Model, sum.Rows, sum.Exact, sum.Recorded.Dollars, sum.List.Dollars, (sum.Recorded - sum.List).Dollars)).ToList();

    private static ModelSum Model(Dictionary<string, ModelSum> sums, UsageEvent call)
    {
        var name = call.Model ?? "";
        if (sums.TryGetValue(name, out var sum))
            return sum;
        // A log with endless model names still fits: the names beyond the limit share one line.
        var key = sums.Count < MaxModels ? name : "(other)";
        if (!sums.TryGetValue(key, out sum))
            sums[key] = sum = new ModelSum(key.Length == 0 ? null : key);
        return sum;
    }

    private NanoDollars Sum(Func<ClassSum, NanoDollars> part) => _classes
        .Where(pair => pair.Key is not (CostClass.Unpriced or CostClass.NoRecordedCost))
        .Aggregate(NanoDollars.Zero, (sum, pair) => sum + part(pair.Value));

    private sealed class ModelSum(string? model)
    {
        public string? Model { get; } = model;
        public long Rows { get; private set; }
        public long Exact { get; private set; }
        public NanoDollars Recorded { get; private set; }
        public NanoDollars List { get; private set; }

        public void Add(UsageEvent call, bool isExact)
        {
            Rows++;
            Exact += isExact ? 1 : 0;
            Recorded += call.CostRecorded ?? NanoDollars.Zero;
            List += call.CostList ?? NanoDollars.Zero;
        }
    }
}
