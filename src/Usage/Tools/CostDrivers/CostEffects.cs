namespace Apex.Usage.Tools.CostDrivers;

/// <summary>How much each driver moved the cost, in dollars; the parts sum to the change.</summary>
/// <param name="Volume">More or fewer requests.</param>
/// <param name="Mix">Requests shifting between groups.</param>
/// <param name="PromptLength">Input tokens per request.</param>
/// <param name="OutputLength">Output tokens per request.</param>
/// <param name="Cache">Price of the average input token against a plain one: how much is read from and written to caches.</param>
/// <param name="Price">Prices of a plain input token and of an output token.</param>
/// <param name="NewGroups">Groups, or sides of one, that cost nothing before.</param>
/// <param name="GoneGroups">Groups, or sides of one, that cost nothing any more.</param>
/// <param name="Other">Fees per request, audio, images.</param>
internal readonly record struct CostEffects(
    double Volume, double Mix, double PromptLength, double OutputLength, double Cache, double Price, double NewGroups,
    double GoneGroups, double Other)
{
    public double Sum => Volume + Mix + PromptLength + OutputLength + Cache + Price + NewGroups + GoneGroups + Other;

    public static CostEffects operator +(CostEffects left, CostEffects right) => new(
        left.Volume + right.Volume, left.Mix + right.Mix, left.PromptLength + right.PromptLength,
        left.OutputLength + right.OutputLength, left.Cache + right.Cache, left.Price + right.Price,
        left.NewGroups + right.NewGroups, left.GoneGroups + right.GoneGroups, left.Other + right.Other);

    public IReadOnlyList<(string Name, double Usd)> Named() =>
    [
        ("volume", Volume), ("mix", Mix), ("prompt_length", PromptLength), ("output_length", OutputLength), ("cache", Cache),
        ("price", Price), ("new_groups", NewGroups), ("gone_groups", GoneGroups), ("other", Other),
    ];
}
