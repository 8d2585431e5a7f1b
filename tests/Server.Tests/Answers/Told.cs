using Apex.Protocol.Reports;

namespace Apex.Server.Tests.Answers;

/// <summary>An answer as a user got it.</summary>
internal sealed record Told(Report Report)
{
    /// <summary>What stands above the first section: the answer in short.</summary>
    public string Head => Report.Markdown.Split("\n## ")[0];

    public string Text => Report.Markdown;

    /// <summary>
    /// The figures of the answer in short are these and no others, each with the value worked out apart from the product.
    /// </summary>
    public void AssertHead(params (string Place, decimal Value)[] expected) =>
        AssertHead(1e-9m, expected);

    /// <param name="relative">How far off a figure may be, as a part of it; money and counts are exact.</param>
    public void AssertHead(decimal relative, params (string Place, decimal Value)[] expected)
    {
        var told = Report.Figures.Where(figure => Head.Contains($"(#{figure.Id})", StringComparison.Ordinal))
            .ToDictionary(Place, figure => (decimal)figure.Value);
        Assert.Equal(expected.Select(one => one.Place).Order(StringComparer.Ordinal), told.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, one => AssertNear(one.Place, one.Value, told[one.Place], relative));
    }

    public decimal Value(string place) => (decimal)Report.Figures.First(figure => Place(figure) == place).Value;

    public static void AssertNear(string place, decimal expected, decimal told, decimal relative) => Assert.True(
        Math.Abs(expected - told) <= Math.Max(1e-9m, relative * Math.Abs(expected)), $"{place}: {told} was told, {expected} is right.");

    private static string Place(Figure figure) => figure.ToolName + figure.Pointer["/result".Length..];
}
