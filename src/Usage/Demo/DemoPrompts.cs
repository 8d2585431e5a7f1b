using System.Globalization;
using System.Text;
using Apex.Usage.Fingerprints;

namespace Apex.Usage.Demo;

/// <summary>What the log says of one prompt.</summary>
/// <param name="Owner">Whose blocks follow the stable beginning.</param>
/// <param name="Print">Null: only the hash is logged.</param>
internal sealed record DemoPrompt(long Owner, long InputTokens, string Hash, PromptFingerprint? Print);

/// <summary>
/// The popular questions of one feature: most are asked again word for word, some in other clothes (case, politeness), and some with
/// another number or a negation, which look alike and are not.
/// </summary>
internal sealed class DemoPrompts
{
    public const int Questions = 60;
    private const int Words = 140;

    private static readonly string[] Vocabulary =
    [
        "account", "archive", "budget", "clause", "contract", "customer", "delivery", "department", "discount", "document", "entry",
        "factory", "field", "folder", "invoice", "label", "ledger", "licence", "machine", "manual", "market", "measure", "member",
        "notice", "office", "order", "parcel", "payment", "permit", "policy", "price", "product", "project", "quarter", "receipt",
        "region", "report", "request", "route", "safety", "sample", "schedule", "season", "shipment", "station", "supplier", "survey",
        "tariff", "ticket", "training", "vehicle", "voucher", "warehouse", "warranty", "window", "workshop",
    ];

    private readonly int _seed;
    private readonly PromptFingerprint[] _asked;
    private readonly PromptFingerprint[] _reworded;
    private readonly PromptFingerprint[] _changed;

    public DemoPrompts(int seed)
    {
        _seed = seed;
        var salt = BitConverter.GetBytes(seed);
        _asked = Prints(number => Text(number));
        _reworded = Prints(number => "Hello, could you please " + char.ToUpperInvariant(Text(number)[0]) + Text(number)[1..] + "  Thanks!");
        _changed = Prints(number => Changed(number));

        PromptFingerprint[] Prints(Func<int, string> text) =>
            [.. Enumerable.Range(0, Questions).Select(number => PromptFingerprint.Of(text(number), salt))];
    }

    /// <summary>One of the popular questions; the first are asked most.</summary>
    public DemoPrompt Popular(ref DemoRandom random, DemoFeature feature)
    {
        var number = (int)(Questions * random.Share() * random.Share());
        var tokens = new DemoRandom((ulong)(_seed * 1_000L) + (ulong)number).Tokens(feature.MeanInputTokens) + feature.PrefixTokens;
        var kind = random.Share();
        var (print, variant) = kind < 0.70 ? (_asked[number], 0) : kind < 0.92 ? (_reworded[number], 1) : (_changed[number], 2);
        return new DemoPrompt(
            -((((long)feature.Name.Length << 20) | (uint)(number * 4) | (uint)variant) + 1L) << 12, tokens + variant, print.PromptHash, print);
    }

    public static string UniqueHash(ref DemoRandom random) => random.Next().ToString("x16", CultureInfo.InvariantCulture) + random.Next().ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>The print of a prompt like no other: its minima are as good as random.</summary>
    public static PromptFingerprint Unique(ref DemoRandom random)
    {
        var minima = new int[PromptFingerprint.Permutations];
        for (var i = 0; i < minima.Length; i++)
            minima[i] = unchecked((int)random.Next());
        return new PromptFingerprint(UniqueHash(ref random), UniqueHash(ref random), minima);
    }

    private string Text(int number)
    {
        var random = new DemoRandom((ulong)(_seed * 77L) ^ (ulong)(number * 1_009));
        var text = new StringBuilder("which of the rules below hold for ");
        text.Append(CultureInfo.InvariantCulture, $"{12 + number} days:");
        for (var i = 0; i < Words; i++)
            text.Append(' ').Append(Vocabulary[random.Below(Vocabulary.Length)]);
        return text.Append('.').ToString();
    }

    private string Changed(int number) => number % 2 == 0
        ? Text(number).Replace("hold for", "do not hold for", StringComparison.Ordinal)
        : Text(number).Replace(string.Create(CultureInfo.InvariantCulture, $" {12 + number} days"), string.Create(CultureInfo.InvariantCulture, $" {90 + number} days"), StringComparison.Ordinal);
}
