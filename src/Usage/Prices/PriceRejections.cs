using System.Globalization;

namespace Apex.Usage.Prices;

/// <summary>Checks single prices and collects what is wrong, so that one bad entry never stops a file.</summary>
internal sealed class PriceRejections
{
    /// <summary>$1,000 per million tokens; the dearest listed model takes $600. Above it stands a slip of units.</summary>
    public const decimal MaxUsdPerToken = 0.001m;

    /// <summary>Dearest believable fee of one call.</summary>
    public const decimal MaxUsdPerRequest = 100m;

    private const int Listed = 1_000;

    private readonly List<RejectedPrice> _listed = [];

    public int Count { get; private set; }

    public IReadOnlyList<RejectedPrice> All => _listed;

    public void Add(long line, string model, string field, string value, string reason)
    {
        Count++;
        if (_listed.Count < Listed)
            _listed.Add(new RejectedPrice(line, Cut(model), field, Cut(value), reason));
    }

    public static bool TryParse(PriceField field, string text, out decimal price, out string reason)
    {
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out price))
        {
            reason = "not a number";
            return false;
        }

        var limit = field.Term == PriceTerm.Request ? MaxUsdPerRequest : MaxUsdPerToken;
        reason = price < 0 ? "negative"
            : price > limit ? string.Create(CultureInfo.InvariantCulture, $"above {limit} US dollars, the most that is believed")
            : "";
        return reason.Length == 0;
    }

    private static string Cut(string text) => text.Length <= 100 ? text : text[..100];
}
