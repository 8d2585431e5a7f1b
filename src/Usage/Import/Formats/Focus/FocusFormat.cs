using System.Text;
using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.Focus;

/// <summary>
/// A FinOps FOCUS bill: charges by period and SKU. Usage measured in tokens becomes rows, each a sum of many calls that fills one
/// bucket; every other charge of the bill is passed over. Which bucket a charge is of stands in our own column
/// <c>x_TokenType</c>, else in the words of its meter and description.
/// </summary>
internal sealed class FocusFormat(RowOrigin origin) : CsvFormat((byte)',')
{
    public static readonly string[] RequiredColumns =
        ["ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory", "ConsumedQuantity", "ConsumedUnit", "BilledCost", "BillingCurrency"];

    private CsvHeader? header;

    public override string Name => $"{ImportFormats.Focus} (CSV)";

    public override IReadOnlyList<string> Assumptions =>
    [
        "Each row sums up the tokens of one charge; counts of requests and percentiles over them say nothing.",
        "A sum is marked duplicate_source where single calls of the same model and time are in the log as well.",
    ];

    protected override void FindColumns(CsvHeader found)
    {
        found.Require("FOCUS", RequiredColumns);
        header = found;
    }

    protected override bool IsCall() =>
        Column("ChargeCategory").SequenceEqual("Usage"u8) && TokenUnit.Factor(Column("ConsumedUnit")) is not null;

    protected override UsageEvent? ReadRow(ReadOnlyMemory<byte> record, RowCheck check)
    {
        var start = check.Start("ChargePeriodStart", Column("ChargePeriodStart"), TimeUnit.Iso);
        var end = check.OptionalTime("ChargePeriodEnd", Column("ChargePeriodEnd"), TimeUnit.Iso);
        var tokens = Tokens(check);
        var currency = check.OptionalText("BillingCurrency", Column("BillingCurrency"));
        var model = check.OptionalText("model", First("x_Model", "x_model", "SkuMeter", "ResourceName", "SkuId"));
        var kind = TokenKinds.Of(Text("x_TokenType", "x_token_type"))
            ?? TokenKinds.Of(string.Join(' ', Text("SkuMeter"), Text("ChargeDescription"), Text("SkuId")));
        if (kind is null)
            check.Reject("SkuMeter", First("SkuMeter", "ChargeDescription", "SkuId"), "does not say which tokens these are: input, cached, output");
        if (end is null || end <= start)
            check.Reject("ChargePeriodEnd", Column("ChargePeriodEnd"), "missing, or not after ChargePeriodStart");
        var money = RecordedMoney.From(check.OptionalMoney("BilledCost", Column("BilledCost")), currency);
        var team = check.OptionalText("SubAccountId", First("SubAccountName", "SubAccountId"));
        var region = check.OptionalText("RegionId", Column("RegionId"));
        if (check.Problem is not null || kind is not { } bucket)
            return null;

        var parts = new CallParts
        {
            Span = CallSpan.Of(start, null, end),
            Counts = bucket.Count(tokens),
            Request = ModelName.Read(model),
            Provider = Text("x_Provider", "ServiceProviderName", "ProviderName").ToLowerInvariant() is { Length: > 0 } provider ? provider : null,
            Money = money,
            Flag = QualityFlags.SumOfCalls,
        };
        return parts.ToRow(origin, record.Span) with
        {
            TeamId = team,
            Region = region,
            ServiceTier = ServiceTiers.Read(Text("x_ServiceTier", "x_service_tier")),
            Feature = Text("x_Feature", "x_feature") is { Length: > 0 } feature ? feature : null,
            Tags = Tags(),
        };
    }

    private long Tokens(RowCheck check)
    {
        var factor = TokenUnit.Factor(Column("ConsumedUnit")) ?? 1;
        var text = Column("ConsumedQuantity");
        if (text.IsEmpty || !RowCheck.TryDecimal(text, out var quantity))
            check.Reject("ConsumedQuantity", text, text.IsEmpty ? "missing" : "not a number");
        else if (quantity < 0 || quantity > RowCheck.MaxTokens * 1_000m)
            check.Reject("ConsumedQuantity", text, quantity < 0 ? "negative" : "more tokens than are believed");
        else
            return (long)decimal.Round(quantity * factor);
        return 0;
    }

    private ReadOnlySpan<byte> Column(string name) => Value(header!.Find(name)); // rows come after the header

    private ReadOnlySpan<byte> First(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            var text = Column(name);
            if (!text.IsEmpty)
                return text;
        }

        return default;
    }

    private string Text(params ReadOnlySpan<string> names) => Encoding.UTF8.GetString(First(names));

    private Dictionary<string, string> Tags()
    {
        var tags = new Dictionary<string, string>();
        var text = Column("Tags");
        if (text.IsEmpty || text[0] != (byte)'{')
            return tags;

        var json = new Utf8JsonReader(LoneSurrogates.Repaired(text) ?? text);
        try
        {
            if (JsonElement.TryParseValue(ref json, out var map))
                TagText.AddProperties(tags, map.Value);
        }
        catch (JsonException)
        {
            tags.TryAdd("tags", "unreadable");
        }

        return tags;
    }
}
