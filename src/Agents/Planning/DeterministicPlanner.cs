using System.Globalization;
using System.Text.RegularExpressions;
using Apex.Usage.Query;

namespace Apex.Agents.Planning;

/// <summary>
/// Understands questions by words and grammar, without a chat model. The same question on the same log is always understood the
/// same way. Unrecognised questions become <see cref="Intent.Unknown"/>, never a guess.
/// </summary>
internal sealed partial class DeterministicPlanner : IPlanner
{
    public const string PlannerName = "deterministic";

    private const int ShortQuestionWords = 7;

    /// <summary>A question says what it wants early; what follows is pasted matter, and grammar over all of it would cost time.</summary>
    private const int CharactersRead = 2_000;

    public string Name => PlannerName;

    public ValueTask<Plan> ReadAsync(PlannerQuestion question, CancellationToken cancellationToken)
    {
        var text = Simplify(question.Text);
        var named = NameMatcher.Find(text, question.Log);
        var period = PeriodReader.Read(named.Text, question.Log.Extent, question.Now, out var wholeLog);
        var grain = Dimensions.ReadGrain(named.Text);
        var outright = NamedTools.Read(text);
        var intents = outright.Count > 0 ? [Intent.Tool] : IntentLexicon.Read(named.Text, grain is not null);
        var tools = outright.Count > 0 ? outright : IsNarrow(intents) ? NamedTools.ReadSubjects(text) : [];
        if (tools.Count > 0)
            intents = [Intent.Tool];
        var verifies = intents.Contains(Intent.Verify);
        var asksWhatIf = intents.Contains(Intent.WhatIf);
        var moved = asksWhatIf ? ModelSwitch.Read(text, question.Log) : null;
        var target = moved?.To ?? (asksWhatIf ? ModelSwitch.Target(text, named.Filters) : null);
        var slots = new PlanSlots
        {
            Period = verifies ? null : period,
            // "did the change of March save money" names when it began, and asks of the time before too.
            ChangeDate = verifies ? period?.From : null,
            // "which model" there names what is compared, not how figures are broken down.
            GroupBy = [.. Dimensions.Read(named.Text).Where(one => one != Dimension.Model || !intents.Contains(Intent.ModelChoice))],
            Grain = grain,
            Filters = target is null ? named.Filters : Moving(named.Filters, moved),
            Target = target,
            Tools = tools,
            WithoutOwnCalls = question.Log.HoldsOwnCalls && named.Filters.All(filter => filter.Dimension != Dimension.Source),
            Top = ReadTop(named.Text),
            Amount = ReadAmount(named.Text),
            Percent = ReadPercent(named.Text),
        };

        var said = new Said(text, slots, wholeLog || AllOfThem().IsMatch(text), CountWords(text));
        var plan = question.Previous is { } previous && FollowsUp(said, intents)
            ? Continue(previous, intents, said, wholeLog)
            : new Plan(intents.Count > 0 ? intents : [Implied(said)], slots);
        return ValueTask.FromResult(plan);
    }

    /// <summary>One question as far as it is read: what it names, and whether it lifts an earlier restriction.</summary>
    private sealed record Said(string Text, PlanSlots Slots, bool All, int Words)
    {
        public bool NamesSomething =>
            All || Slots.Period is not null || Slots.ChangeDate is not null || Slots.GroupBy.Count > 0 || Slots.Grain is not null || Slots.Filters.Count > 0 || Slots.Top is not null;
    }

    /// <summary>A question without a verb of ours may still name what to show: "claude models in March".</summary>
    private static Intent Implied(Said said) => said.NamesSomething && said.Words <= ShortQuestionWords
        ? said.Slots.Grain is null ? Intent.Spend : Intent.SpendOverTime
        : Intent.Unknown;

    private static bool FollowsUp(Said said, IReadOnlyList<Intent> intents)
    {
        if (Continues().IsMatch(said.Text) && (said.NamesSomething || intents.Count == 0))
            return true;
        return intents.Count == 0 && said.NamesSomething && said.Words <= ShortQuestionWords;
    }

    /// <summary>A subject of its own is asked for where nothing wider is.</summary>
    private static bool IsNarrow(IReadOnlyList<Intent> intents) =>
        intents.Count == 0 || intents is [Intent.Spend or Intent.Who or Intent.Tokens or Intent.Context or Intent.Anomaly or Intent.Capacity or Intent.Latency];

    /// <summary>"what if we used X" speaks of all calls, and of X as where they go; with "instead of Y" of those of Y.</summary>
    private static IReadOnlyList<PlanFilter> Moving(IReadOnlyList<PlanFilter> named, ModelSwitch? moved) =>
    [
        .. named.Where(filter => filter.Dimension != Dimension.Model || filter.Exclude),
        .. moved is null ? Array.Empty<PlanFilter>() : [moved.From],
    ];

    private static Plan Continue(Plan previous, IReadOnlyList<Intent> intents, Said said, bool wholeLog)
    {
        var (old, now) = (previous.Slots, said.Slots);
        var kept = intents.Count == 0 || intents is [Intent.Who] or [Intent.SpendOverTime] or [Intent.Spend] ? previous.Intents : intents;
        if (kept is [Intent.Unknown] or [Intent.Help])
            kept = intents.Count > 0 ? intents : [Implied(said)];
        if (now.Grain is not null && kept is [Intent.Spend] or [Intent.Who])
            kept = [Intent.SpendOverTime];

        var verifies = kept.Contains(Intent.Verify);
        var replaced = now.Filters.Select(filter => filter.Dimension).ToHashSet();
        return new Plan(
            kept,
            new PlanSlots
            {
                Period = (verifies ? null : now.Period) ?? (wholeLog ? null : old.Period),
                ChangeDate = verifies ? now.ChangeDate ?? now.Period?.From ?? old.ChangeDate : null,
                GroupBy = now.GroupBy.Count > 0 ? now.GroupBy : old.GroupBy,
                Grain = now.Grain ?? old.Grain,
                // "all models" lifts the filters; a new one replaces the old one of its kind: a provider's also a model's.
                Filters = said.All && now.Filters.Count == 0 && !wholeLog
                    ? []
                    : [.. old.Filters.Where(filter => !replaced.Contains(Kin(filter.Dimension)) && !replaced.Contains(filter.Dimension)), .. now.Filters],
                WithoutOwnCalls = now.WithoutOwnCalls && old.Filters.All(filter => filter.Dimension != Dimension.Source),
                Target = now.Target ?? old.Target,
                Tools = now.Tools.Count > 0 ? now.Tools : old.Tools,
                Top = now.Top ?? old.Top,
                Amount = now.Amount ?? old.Amount,
                Percent = now.Percent ?? old.Percent,
            },
            FollowsUp: true);
    }

    private static Dimension Kin(Dimension dimension) => dimension switch
    {
        Dimension.Model => Dimension.Provider,
        Dimension.Provider => Dimension.Model,
        _ => dimension,
    };

    private static string Simplify(string text) => Spaces()
        .Replace(text[..Math.Min(text.Length, CharactersRead)].ToLowerInvariant().Replace('’', '\'').Replace('‘', '\'').Replace('“', '"').Replace('”', '"'), " ")
        .Trim();

    private static int CountWords(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;

    private static int? ReadTop(string text) =>
        Top().Match(text) is { Success: true } match
            ? Math.Clamp(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture), 1, 50)
            : null;

    private static double? ReadPercent(string text) =>
        Percent().Match(text) is { Success: true } match
            ? double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : null;

    private static decimal? ReadAmount(string text)
    {
        if (Amount().Match(text) is not { Success: true } match)
            return null;
        var digits = match.Groups["digits"].Success ? match.Groups["digits"].Value : match.Groups["worded"].Value;
        if (!decimal.TryParse(digits.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var amount))
            return null;
        return match.Groups["scale"].Value switch
        {
            "k" => amount * 1_000,
            "m" => amount * 1_000_000,
            _ => amount,
        };
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\btop (\d{1,4})\b")]
    private static partial Regex Top();

    [GeneratedRegex(@"(\d{1,3}(?:\.\d{1,3})?)\s?(?:%|percent\b)")]
    private static partial Regex Percent();

    [GeneratedRegex(@"\$\s?(?<digits>\d[\d,]{0,14}(?:\.\d{1,4})?)\s?(?<scale>[km])?\b|\b(?<worded>\d[\d,]{0,14}(?:\.\d{1,4})?)\s?(?<scale>[km])?\s(?:dollars|usd)\b")]
    private static partial Regex Amount();

    [GeneratedRegex(@"^(and|but|ok|okay|so|now|then|also|what about|how about|same|only|just|without|except|excluding|for|in|by|per|with|since|compared|show (me )?(that|this|it|only|the same)|instead|or|break (it|that|this) down|the same)\b")]
    private static partial Regex Continues();

    [GeneratedRegex(@"\b(all|every) (models?|users?|teams?|features?|providers?)\b|\beverything\b")]
    private static partial Regex AllOfThem();
}
