using Apex.Usage.Fingerprints;

namespace Apex.Usage.Tests.Fingerprints;

public sealed class PromptFingerprintTests
{
    private static readonly byte[] Salt = [1, 2, 3];

    [Fact]
    public void Case_punctuation_and_politeness_do_not_change_the_content_hash()
    {
        var plain = Of("Which invoices of March are open?");
        var polite = Of("Hello,  could you please: which INVOICES of march are open");

        Assert.Equal(plain.PromptNormHash, polite.PromptNormHash);
        Assert.NotEqual(plain.PromptHash, polite.PromptHash);
    }

    [Theory]
    [InlineData("Does the plan cover dental care?", "Does the plan not cover dental care?")]
    [InlineData("What is 3.5 per cent of 1,000?", "What is 35 per cent of 1,000?")]
    [InlineData("Is x < 3?", "Is x > 3?")]
    [InlineData("Is it above 5 degrees?", "Is it above -5 degrees?")]
    [InlineData("Flights from Paris to Rome", "Flights from Rome to Paris")]
    [InlineData("It isn't open", "It is open")]
    [InlineData("Close before noon", "Close after noon")]
    public void Numbers_negations_signs_and_order_change_the_content_hash(string one, string other) =>
        Assert.NotEqual(Of(one).PromptNormHash, Of(other).PromptNormHash);

    [Fact]
    public void Salt_of_another_organisation_gives_other_hashes()
    {
        var one = PromptFingerprint.Of("the same text of two houses", [1]);
        var other = PromptFingerprint.Of("the same text of two houses", [2]);

        Assert.NotEqual(one.PromptHash, other.PromptHash);
        Assert.NotEqual(one.PromptNormHash, other.PromptNormHash);
        Assert.NotEqual(one.MinHash, other.MinHash);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(100)]
    public void Equal_places_of_two_signatures_estimate_the_jaccard_similarity_of_their_shingles(int changedWords)
    {
        var one = Enumerable.Range(0, 400).Select(i => $"w{i}").ToList();
        var other = one.Select((word, i) => i >= 400 - changedWords ? "x" + word : word).ToList();
        var truth = Jaccard(one, other);

        var (left, right) = (Of(string.Join(' ', one)).MinHash, Of(string.Join(' ', other)).MinHash);
        var estimate = left.Zip(right).Count(pair => pair.First == pair.Second) / 128.0;

        // Four standard errors of 128 draws.
        Assert.InRange(estimate, truth - (4 * Math.Sqrt(truth * (1 - truth) / 128)), truth + (4 * Math.Sqrt(truth * (1 - truth) / 128)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("one")]
    [InlineData("?!")]
    public void Short_and_empty_texts_have_fingerprints_too(string text)
    {
        var print = Of(text);

        Assert.Equal(128, print.MinHash.Count);
        Assert.Equal(32, print.PromptHash.Length);
    }

    private static PromptFingerprint Of(string text) => PromptFingerprint.Of(text, Salt);

    private static double Jaccard(List<string> one, List<string> other)
    {
        var (left, right) = (Shingles(one), Shingles(other));
        return (double)left.Intersect(right).Count() / left.Union(right).Count();
    }

    private static HashSet<string> Shingles(List<string> words) =>
        Enumerable.Range(0, words.Count - 4).Select(i => string.Join(' ', words.Skip(i).Take(5))).ToHashSet();
}
