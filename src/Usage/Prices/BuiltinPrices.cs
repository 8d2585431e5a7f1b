using System.Globalization;
using Apex.Usage.Events;

namespace Apex.Usage.Prices;

/// <summary>Reads the price table compiled into the assembly; a mistake in it is a broken build, so it throws.</summary>
internal static class BuiltinPrices
{
    private const string Resource = "Apex.Usage.Prices.builtin-prices.csv";
    private const decimal PerMillion = 1_000_000m;

    private enum Column
    {
        Model, From, Input, CacheRead, Write5m, Write1h, Output, Batch, Flex, Priority, AboveThousands,
        AboveInput, AboveRead, AboveOutput, MaxInput,
    }

    public static IReadOnlyList<PriceRow> Read()
    {
        using var stream = typeof(BuiltinPrices).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {Resource}.");
        using var reader = new StreamReader(stream);

        var rows = new List<PriceRow>();
        var provider = "";
        var source = "";
        var sawHeader = false;
        while (reader.ReadLine() is { } line)
        {
            var cells = line.Split(',');
            if (cells[0] == "#vendor")
                (provider, source) = (cells[1], $"{cells[2]} (compared {cells[3]})");
            else if (line.StartsWith('#') || line.Length == 0)
                continue;
            else if (!sawHeader)
                sawHeader = true;
            else
                rows.Add(Row(cells, provider, source));
        }

        return rows;
    }

    private static PriceRow Row(string[] cells, string provider, string source)
    {
        var prices = new Dictionary<PriceField, decimal>();
        Put(PriceTerm.Input, 0, Column.Input);
        Put(PriceTerm.CacheRead, 0, Column.CacheRead);
        Put(PriceTerm.CacheWrite5m, 0, Column.Write5m);
        Put(PriceTerm.CacheWrite1h, 0, Column.Write1h);
        Put(PriceTerm.Output, 0, Column.Output);
        if (Number(Column.AboveThousands) is { } thousands)
        {
            var above = (int)thousands * 1000;
            Put(PriceTerm.Input, above, Column.AboveInput);
            Put(PriceTerm.CacheRead, above, Column.AboveRead);
            Put(PriceTerm.Output, above, Column.AboveOutput);
        }

        PutTier(ServiceTier.Batch, Column.Batch);
        PutTier(ServiceTier.Flex, Column.Flex);
        PutTier(ServiceTier.Priority, Column.Priority);
        return new PriceRow
        {
            Model = cells[(int)Column.Model],
            Provider = provider,
            EffectiveFrom = new DateTimeOffset(
                DateTime.ParseExact(cells[(int)Column.From], "yyyy-MM-dd", CultureInfo.InvariantCulture), TimeSpan.Zero),
            Prices = prices,
            MaxInputTokens = (int?)Number(Column.MaxInput),
            Source = source,
            BuiltIn = true,
        };

        decimal? Number(Column column) => cells[(int)column] is { Length: > 0 } text
            ? decimal.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture)
            : null;

        void Put(PriceTerm term, int above, Column column)
        {
            if (Number(column) is { } usdPerMillion)
                prices[new PriceField(term, above)] = usdPerMillion / PerMillion;
        }

        void PutTier(ServiceTier tier, Column column)
        {
            if (Number(column) is not { } multiple)
                return;
            foreach (var (field, price) in prices.ToList())
                if (field.Tier == ServiceTier.Standard && IsDiscounted(field.Term, tier))
                    prices[field with { Tier = tier }] = price * multiple;
        }
    }

    // Vendors differ on whether a batch discount reaches cached input; without their word none is assumed there.
    private static bool IsDiscounted(PriceTerm term, ServiceTier tier) =>
        term is PriceTerm.Input or PriceTerm.Output || (term is PriceTerm.CacheRead && tier != ServiceTier.Batch);
}
