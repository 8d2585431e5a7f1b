using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CostDrivers;

/// <summary>T04: why the cost of one span differs from another's, split into drivers that sum exactly to the difference.</summary>
internal sealed class CostDriversTool() : LogTool(
    "cost_drivers", "T04", "Why cost rose or fell against the time before: volume, mix, prompt and output length, caching and prices, summing exactly to the change.",
    new ArgumentSpec("before", ArgumentKind.Window, "Span to compare with, like window; left out: as long a span right before the window."),
    ArgumentSpec.GroupBy("Groups the mix is judged by, for instance [\"model\", \"feature\"].", Dimension.Model, Dimension.Feature),
    ArgumentSpec.Whole("limit", "Groups listed, the biggest change first.", 20, 1, 500))
{
    private static readonly Dictionary<string, string> Meanings = new(StringComparer.Ordinal)
    {
        ["volume"] = "more or fewer requests",
        ["mix"] = "requests moved between groups",
        ["prompt_length"] = "input tokens per request",
        ["output_length"] = "output tokens per request",
        ["cache"] = "share of input read from and written to caches",
        ["price"] = "price per plain input token and per output token",
        ["new_groups"] = "groups that did not cost anything before",
        ["gone_groups"] = "groups that do not cost anything any more",
        ["other"] = "fees per request, audio and images",
    };

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var dimensions = inquiry.Arguments.GroupBy();
        var extent = await inquiry.ExtentAsync(cancellationToken);
        if (ComparedWindows.Resolve(inquiry, extent) is not { } windows)
            return Answer(inquiry, Empty(dimensions), 0, 0);

        var before = await WindowCosts.ReadAsync(inquiry, windows.Before, dimensions, cancellationToken);
        var after = await WindowCosts.ReadAsync(inquiry, windows.After, dimensions, cancellationToken);
        var change = after.Cost - before.Cost;
        var groups = Compare(before, after);
        var whole = groups.Aggregate(default(CostEffects), (sum, group) => sum + group.Effects);
        var effects = Exact(whole, change);
        inquiry.Check(effects.Sum(effect => effect.ChangeUsd) == change.Dollars, "the effects sum exactly to the change");

        var limit = inquiry.Arguments.Whole("limit");
        var listed = groups.OrderByDescending(group => Math.Abs(group.Change.Value)).ThenBy(group => group.Name, StringComparer.Ordinal)
            .Take(limit).ToList();
        var result = new CostDriversResult(
            dimensions.Select(SnakeCase.Of).ToList(), ComparedSpan.Of(windows.Before, before), ComparedSpan.Of(windows.After, after),
            change.Dollars, PerDay(after.Cost, windows.After) - PerDay(before.Cost, windows.Before),
            before.Cost == NanoDollars.Zero ? null : Figures.Share((double)change.Value / before.Cost.Value), effects,
            listed.Select(group => Shown(group, dimensions)).ToList(),
            groups.Except(listed).Sum(group => group.Change.Dollars));
        Explain(inquiry, windows, before, after);
        return Answer(inquiry, result, before.Rows, after.Rows);
    }

    private static ResultEnvelope Answer(Inquiry inquiry, CostDriversResult result, long before, long after) => inquiry.Answer(
        result, ResultJson.Default.CostDriversResult, Grade.A, ["cost_anomaly", "change_points", "cost_breakdown"],
        rowsUsed: Math.Min(before + after, inquiry.Window is null ? inquiry.Totals.Rows : after));

    private static CostDriversResult Empty(IReadOnlyList<Dimension> dimensions)
    {
        var none = new ComparedSpan(default, default, 0, 0, 0, 0, null);
        return new CostDriversResult(dimensions.Select(SnakeCase.Of).ToList(), none, none, 0, 0, null, [], [], 0);
    }

    internal static IReadOnlyList<ComparedGroup> Compare(WindowCosts before, WindowCosts after)
    {
        var groups = new List<ComparedGroup>();
        foreach (var name in before.Groups.Keys.Union(after.Groups.Keys, StringComparer.Ordinal))
        {
            var (keysBefore, costBefore) = before.Groups.TryGetValue(name, out var was) ? was : default;
            var (keysAfter, costAfter) = after.Groups.TryGetValue(name, out var now) ? now : default;
            groups.Add(new ComparedGroup(
                name, keysAfter ?? keysBefore, costBefore, costAfter,
                Decomposition.Of(costBefore, costAfter, before.PricedRows, after.PricedRows)));
        }

        return groups;
    }

    /// <summary>Rounds to nano-dollars and gives what rounding left to the biggest effect, so that the parts sum to the change.</summary>
    private static List<DriverEffect> Exact(CostEffects effects, NanoDollars change)
    {
        var named = effects.Named().Select(effect => (effect.Name, Usd: decimal.Round((decimal)effect.Usd, 9)))
            .OrderByDescending(effect => Math.Abs(effect.Usd)).ToList();
        var rest = change.Dollars - named.Sum(effect => effect.Usd);
        // Doubles carry 15 digits: more than that left over would be a mistake in the split, and the self-check must see it.
        if (Math.Abs(rest) <= 1e-6m + (1e-9m * named.Sum(effect => Math.Abs(effect.Usd))))
            named[0] = (named[0].Name, named[0].Usd + rest);
        return named.Select(effect => new DriverEffect(
            effect.Name, effect.Usd, change == NanoDollars.Zero ? null : Figures.Share((double)(effect.Usd / change.Dollars)),
            Meanings[effect.Name])).ToList();
    }

    private static DriverGroup Shown(ComparedGroup group, IReadOnlyList<Dimension> dimensions)
    {
        var keys = new Dictionary<string, string?>();
        for (var i = 0; i < dimensions.Count; i++)
            keys[SnakeCase.Of(dimensions[i])] = group.Keys[i];
        var effects = group.Effects.Named().Where(effect => Math.Abs(effect.Usd) >= 5e-10)
            .ToDictionary(effect => effect.Name, effect => decimal.Round((decimal)effect.Usd, 9));
        return new DriverGroup(
            keys, group.Before?.Requests ?? 0, group.After?.Requests ?? 0, (group.Before?.Cost ?? default).Dollars,
            (group.After?.Cost ?? default).Dollars, group.Change.Dollars,
            effects.Count == 0 ? "none" : effects.MaxBy(effect => Math.Abs(effect.Value)).Key, effects);
    }

    private static decimal PerDay(NanoDollars cost, TimeWindow window) =>
        window.Length <= TimeSpan.Zero ? 0 : decimal.Round(cost.Dollars / (decimal)window.Length.TotalDays, 9);

    private static void Explain(Inquiry inquiry, ComparedWindows windows, WindowCosts before, WindowCosts after)
    {
        inquiry.ExplainPrices();
        if (before.Rows == 0)
            inquiry.Caveats.Add("The span before has no rows, so everything is new and nothing is explained.");
        if (before.UnpricedRows + after.UnpricedRows > 0)
            inquiry.Assumptions.Add(string.Create(CultureInfo.InvariantCulture,
                $"Requests without a known price take no part: {before.UnpricedRows:N0} before, {after.UnpricedRows:N0} after."));
        if (Math.Abs((windows.Before.Length - windows.After.Length).TotalHours) >= 1)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"The spans differ in length ({windows.Before.Length.TotalDays:0.##} and {windows.After.Length.TotalDays:0.##} days); "
                + $"part of the volume effect is only that."));
        if (before.IsCut || after.IsCut)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"There are more than {WindowCosts.MaxGroups:N0} groups; those beyond are one group, (other)."));
        inquiry.Assumptions.Add(
            "Within a group the cost of input is requests × tokens per request × cache factor × plain price, that of output requests × "
            + "tokens per request × price; each factor takes its logarithmic-mean part (LMDI), so nothing is left over.");
    }

    internal sealed record ComparedGroup(
        string Name, IReadOnlyList<string?> Keys, GroupCost? Before, GroupCost? After, CostEffects Effects)
    {
        public NanoDollars Change => (After?.Cost ?? default) - (Before?.Cost ?? default);
    }
}
