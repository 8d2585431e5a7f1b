using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Apex.Testing;

namespace Apex.Server.Tests.Answers;

/// <summary>
/// The shared price files and the shipped table read again, by a few lines of their own: what a token cost on a day. Rules of
/// docs/analytics.md: the row in force; before the first the first; after a removal the last before it; the shipped table only before
/// the first imported row.
/// </summary>
internal sealed partial class DatedPrices
{
    private static readonly DateTime MapDay = new(2026, 7, 24, 0, 0, 0, DateTimeKind.Utc);

    private readonly Dictionary<string, List<Row>> _rows = new(StringComparer.Ordinal);

    private DatedPrices()
    {
    }

    public static DatedPrices Shared { get; } = Read();

    /// <summary>US dollars a token; a cache price that is not told is that of plain input.</summary>
    public sealed record Row(DateTime From, bool IsShipped, decimal Input, decimal Output, decimal CacheRead, decimal CacheWrite, IReadOnlyList<(long Above, decimal Input, decimal Output)> Tiers)
    {
        public decimal InputAt(long tokens) => Tiers.Where(tier => tokens > tier.Above).Select(tier => tier.Input).LastOrDefault(Input);

        public decimal OutputAt(long tokens) => Tiers.Where(tier => tokens > tier.Above).Select(tier => tier.Output).LastOrDefault(Output);
    }

    /// <summary>Exact name, without its first part, as Anthropic's, its last part; null for what has no price.</summary>
    public Row? At(string model, DateTime day)
    {
        var isLocal = LocalRuntime().IsMatch(model);
        string[] keys = isLocal ? [model] : [model, model[(model.IndexOf('/') + 1)..], "anthropic/" + model, model[(model.LastIndexOf('/') + 1)..]];
        if (keys.FirstOrDefault(_rows.ContainsKey) is not { } key)
            return null;
        var firstImported = _rows[key].Where(row => !row.IsShipped).Select(row => row.From).DefaultIfEmpty(DateTime.MaxValue).Min();
        var rows = _rows[key].Where(row => !row.IsShipped || row.From < firstImported).OrderBy(row => row.From).ToList();
        return rows.LastOrDefault(row => row.From <= day) ?? rows[0];
    }

    private static DatedPrices Read()
    {
        var prices = new DatedPrices();
        prices.ReadHistory();
        prices.ReadMap();
        prices.ReadShipped();
        return prices;
    }

    private void ReadHistory()
    {
        var lines = File.ReadLines(SharedData.PriceHistory).Select(line => line.Split(',')).ToList();
        var at = lines[0].Select((name, index) => (name, index)).ToDictionary(pair => pair.name, pair => pair.index);
        foreach (var cells in lines.Skip(1).Where(cells => cells[at["litellm_provider"]] != "__removed__"))
        {
            decimal? Cell(string name) => Number(cells[at[name]]);
            Add(
                cells[at["model"]], DateTimeOffset.Parse(cells[0], CultureInfo.InvariantCulture).UtcDateTime, false,
                Cell("input_cost_per_token"), Cell("output_cost_per_token"), Cell("cache_read_input_token_cost"), Cell("cache_creation_input_token_cost"),
                [(200_000, Cell("input_cost_per_token_above_200k_tokens"), Cell("output_cost_per_token_above_200k_tokens"))]);
        }
    }

    private void ReadMap()
    {
        using var map = JsonDocument.Parse(File.ReadAllBytes(SharedData.LiteLlmPrices));
        foreach (var model in map.RootElement.EnumerateObject().Where(model => model.Name != "sample_spec" && model.Value.ValueKind == JsonValueKind.Object))
        {
            decimal? Cell(string name) => model.Value.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? Number(value.GetRawText()) : null;
            var tiers = new[] { 128, 200, 256, 272, 512 }.Select(thousands =>
                (thousands * 1_000L, Cell($"input_cost_per_token_above_{thousands}k_tokens"), Cell($"output_cost_per_token_above_{thousands}k_tokens")));
            Add(
                model.Name, MapDay, false, Cell("input_cost_per_token"), Cell("output_cost_per_token"), Cell("cache_read_input_token_cost"),
                Cell("cache_creation_input_token_cost"), [.. tiers]);
        }
    }

    /// <summary>Dollars for a million tokens, as the table that is shipped gives them.</summary>
    private void ReadShipped()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Apex.slnx")))
            root = root.Parent ?? throw new DirectoryNotFoundException($"No Apex.slnx above {AppContext.BaseDirectory}.");
        var lines = File.ReadLines(Path.Combine(root.FullName, "src", "Usage", "Prices", "builtin-prices.csv"))
            .Where(line => line.Length > 0 && !line.StartsWith('#')).Skip(1);
        foreach (var cells in lines.Select(line => line.Split(',')))
        {
            decimal? Cell(int index) => Number(cells[index]) / 1_000_000m;
            Add(
                cells[0], DateTime.SpecifyKind(DateTime.ParseExact(cells[1], "yyyy-MM-dd", CultureInfo.InvariantCulture), DateTimeKind.Utc), true,
                Cell(2), Cell(6), Cell(3), Cell(4), Number(cells[10]) is { } thousands ? [((long)thousands * 1_000, Cell(11), Cell(13))] : []);
        }
    }

    private void Add(string model, DateTime from, bool isShipped, decimal? input, decimal? output, decimal? read, decimal? write, IReadOnlyList<(long Above, decimal? Input, decimal? Output)> tiers)
    {
        if (input is not { } inPrice || output is not { } outPrice)
            return;
        if (!_rows.TryGetValue(model, out var rows))
            _rows[model] = rows = [];
        rows.Add(new Row(
            from, isShipped, inPrice, outPrice, read ?? inPrice, write ?? inPrice,
            [.. tiers.Where(tier => tier.Input is not null || tier.Output is not null).Select(tier => (tier.Above, tier.Input ?? inPrice, tier.Output ?? outPrice))]));
    }

    private static decimal? Number(string text) => text.Length == 0 ? null : decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    [GeneratedRegex("^(ollama|ollama_chat|lm_studio)/")]
    private static partial Regex LocalRuntime();
}
