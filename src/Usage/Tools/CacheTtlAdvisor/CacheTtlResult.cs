namespace Apex.Usage.Tools.CacheTtlAdvisor;

/// <summary>What <c>cache_ttl_advisor</c> found.</summary>
/// <param name="WrongChoiceUsd">What the choices in the log cost beyond the best, over the prefixes where the log shows a choice.</param>
/// <param name="WholePrompts">Input cost of all calls when the marker stands at the end of every prompt.</param>
/// <param name="Prefixes">Those with most at stake first.</param>
internal sealed record CacheTtlResult(
    bool Answered,
    string? Reason,
    long Requests,
    int PrefixCount,
    decimal NoneUsd,
    decimal FiveMinutesUsd,
    decimal OneHourUsd,
    decimal BestUsd,
    decimal SavingUsd,
    decimal SavingPerMonthUsd,
    decimal WrongChoiceUsd,
    TtlCosts WholePrompts,
    IReadOnlyList<PrefixAdvice> Prefixes);

/// <param name="Prefix">First block's hash, or the tools' hash.</param>
/// <param name="PrefixTokens">Leading tokens that all calls of the prefix share, in whole blocks.</param>
/// <param name="WritesOneHour">W1: the first call and every call after more than 60 minutes.</param>
/// <param name="MiddleGaps">m: gaps of more than 5 and at most 60 minutes, each of which a five-minute cache pays with a write.</param>
/// <param name="ReusesPerWrite">Reuses within 5 minutes by five-minute writes.</param>
/// <param name="PaysAbove">A five-minute cache pays above so many reuses per write, by the model's own prices.</param>
/// <param name="HourBeatsAbove">One hour beats five minutes when m is above so many times W1, by the model's own prices.</param>
/// <param name="Choice">none, 5m or 1h: the cheapest for the shared prefix.</param>
/// <param name="Logged">none, 5m, 1h or mixed: what the calls did.</param>
/// <param name="WholePrompt">The same weighed over all blocks, as when the marker stands at the end of the prompt.</param>
internal sealed record PrefixAdvice(
    string Prefix,
    string Model,
    IReadOnlyList<string> Features,
    long Calls,
    long PrefixTokens,
    long WritesFiveMinutes,
    long WritesOneHour,
    long MiddleGaps,
    double ReusesPerWrite,
    double PaysAbove,
    double HourBeatsAbove,
    TtlCosts Costs,
    string Choice,
    string Logged,
    decimal WrongChoiceUsd,
    TtlCosts WholePrompt,
    string WholePromptChoice);

/// <summary>Input cost of the tokens in question without a marker and with one of each lifetime.</summary>
internal sealed record TtlCosts(decimal NoneUsd, decimal FiveMinutesUsd, decimal OneHourUsd);
