using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Apex.Usage.Prices;

namespace Apex.Cli.Commands;

/// <summary>The prices that <c>apex prices set</c> takes.</summary>
internal sealed class PriceOptions
{
    private readonly Option<decimal?> input = Price("--input", "Plain input.");
    private readonly Option<decimal?> output = Price("--output", "Output.");
    private readonly Option<decimal?> cacheRead = Price("--cache-read", "Cached input.");
    private readonly Option<decimal?> cacheWrite = Price("--cache-write", "Writing a cache of five minutes.");
    private readonly Option<decimal?> cacheWrite1h = Price("--cache-write-1h", "Writing a cache of one hour.");
    private readonly Option<decimal?> reasoning = Price("--reasoning", "Reasoning, where it costs other than output.");
    private readonly Option<decimal?> batchInput = Price("--batch-input", "Input of batches.");
    private readonly Option<decimal?> batchOutput = Price("--batch-output", "Output of batches.");
    private readonly Option<decimal?> request = Price("--request", "US dollars for each call.");
    private readonly Option<string?> provider = new("--provider") { Description = "Who answers." };
    private readonly Option<DateTimeOffset?> from = new("--from") { Description = "From when it holds; without, from ever.", CustomParser = Moment };
    private readonly Option<int?> maxInput = new("--max-input") { Description = "Most input tokens a call may hold." };

    public void AddTo(Command command)
    {
        foreach (var option in (IEnumerable<Option>)
                 [input, output, cacheRead, cacheWrite, cacheWrite1h, reasoning, batchInput, batchOutput, request, provider, from, maxInput])
            command.Add(option);
    }

    public OwnPrice Read(ParseResult parsed, string model) => new()
    {
        Model = model,
        Provider = parsed.GetValue(provider),
        From = parsed.GetValue(from),
        Input = parsed.GetValue(input),
        CacheRead = parsed.GetValue(cacheRead),
        CacheWrite = parsed.GetValue(cacheWrite),
        CacheWrite1h = parsed.GetValue(cacheWrite1h),
        Output = parsed.GetValue(output),
        Reasoning = parsed.GetValue(reasoning),
        BatchInput = parsed.GetValue(batchInput),
        BatchOutput = parsed.GetValue(batchOutput),
        Request = parsed.GetValue(request),
        MaxInputTokens = parsed.GetValue(maxInput),
    };

    /// <summary>A date without a zone is UTC, whatever the machine's zone is.</summary>
    public static DateTimeOffset? Moment(ArgumentResult told)
    {
        var text = told.Tokens[0].Value;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment))
            return moment;

        told.AddError($"'{text}' is no date, for instance 2026-07-24.");
        return null;
    }

    private static Option<decimal?> Price(string name, string description) => new(name) { Description = description };
}
