using System.Text.Json;
using Apex.Agents.Figures;
using Apex.Agents.Planning;

namespace Apex.Agents.Reports;

/// <summary>
/// What an analysis without a section of its own found: in words where it has any, then its first lists, read by the units their names end
/// in. So every tool can be asked for in the chat from the day it exists.
/// </summary>
internal static class FoundSection
{
    private const int LongestName = 60;

    /// <summary>How much of a result is shown where it was asked for by name, and where it only supports an answer.</summary>
    private static readonly Size Whole = new(Figures: 12, Lists: 2, Rows: 8, Columns: 7);
    private static readonly Size Brief = new(Figures: 4, Lists: 1, Rows: 2, Columns: 4);

    private static readonly HashSet<string> Told =
    [
        Roles.Breakdown, Roles.Series, Roles.SeriesOther, Roles.Quality, Roles.Reconcile, Roles.Anomaly, Roles.Tokens, Roles.PrefixCache,
        Roles.Pareto, Roles.Actions, Roles.Sufficiency, ToolNames.WhatIf,
    ];

    /// <summary>With sections of their own where they have an answer.</summary>
    private static readonly string[] Replays = [Roles.PrefixCache, Roles.Pareto];

    public static void Write(ReportScene scene)
    {
        var nothing = new List<Prose>();
        foreach (var (role, found) in scene.ByRole)
        {
            var isAskedFor = scene.Plan.Slots.Tools.Contains(found.Tool);
            var isToldElsewhere = Told.Contains(role);
            if (isToldElsewhere && !Replays.Contains(role))
                continue;
            var words = FindingWords.Of(scene, found);
            if (!isAskedFor && IsNothing(found, words))
                nothing.AddRange(Nothing(scene, found, words));
            else if (!isToldElsewhere)
                Write(scene, found, words, isAskedFor);
        }

        if (nothing.Count == 0)
            return;
        scene.Writer.Heading("Looked for, without a find");
        scene.Writer.Bullets(nothing);
    }

    private static bool IsNothing(Envelope found, Finding? words) => Refusal(found) is not null || words is { IsSomething: false };

    /// <summary>What is to be said of an analysis that refused, or looked and found nothing; empty where it found something.</summary>
    private static IReadOnlyList<Prose> Nothing(ReportScene scene, Envelope found, Finding? words)
    {
        if (Refusal(found) is { } refusal)
            return scene.IsTold($"{refusal}") ? [] : [$"{Inline.Quoted(Capitalised(What(found.Tool)))}: {refusal}"];
        return words is { IsSomething: false } ? [.. words.Sentences.Where(sentence => !scene.IsTold(sentence))] : [];
    }

    private static void Write(ReportScene scene, Envelope found, Finding? words, bool isAskedFor)
    {
        var write = scene.Writer;
        write.Heading(Capitalised(What(found.Tool)));
        if (Refusal(found) is { } refusal && !scene.IsTold($"{refusal}"))
            write.Paragraph($"{refusal}");
        if (words is not null)
            write.Paragraph([.. words.Sentences.Where(sentence => !scene.IsTold(sentence))]);
        // An answer to several questions at once keeps to what was found.
        var size = isAskedFor ? Whole : Brief with { Lists = scene.Plan.Intents.Count > 1 ? 0 : Brief.Lists };
        var isNothing = IsNothing(found, words);
        if (isAskedFor || words is null)
            Figures(write, found, size, isNothing);
        if (isNothing)
            return;
        foreach (var list in Fields(found, "/result", JsonValueKind.Array).Take(size.Lists))
            List(write, found, list, size);
    }

    private static string What(string tool) => AnalysisCatalogue.OfTool(tool)?.Answers ?? tool.Replace('_', ' ');

    private static string Capitalised(string words) => string.Concat(words[..1].ToUpperInvariant(), words.AsSpan(1));

    /// <summary>Why the tool gives no figure; null when it does.</summary>
    public static Inline? Refusal(Envelope found)
    {
        var reason = found.Text("/result/refusal") ?? found.Text("/result/reason");
        return reason is null ? null : Inline.Quoted(reason);
    }

    /// <summary>What it found in words, or else its first figures as one sentence, for a question that asked for this analysis.</summary>
    public static IReadOnlyList<Prose> Headline(ReportScene scene, string tool)
    {
        if (scene.Find(tool) is not { } found)
            return [];
        if (Refusal(found) is { } refusal)
            return [$"{Inline.Name(tool)} gives no figure here: {refusal}"];
        if (FindingWords.Of(scene, found) is { Sentences: { Count: > 0 } words })
            return words;
        var told = Numbers(found).Take(3).Select(at => $"{Words(at)} {Value(scene.Writer, found, at)}");
        return [$"{Inline.Name(tool)} over {scene.Writer.Count(found, "/rows_used", "requests")} calls: {new Inline(string.Join(", ", told))}."];
    }

    /// <param name="isNothing">Nothing was found: what it was looked for in is shown, and no zero that reads as a result.</param>
    private static void Figures(ReportWriter write, Envelope found, Size size, bool isNothing)
    {
        var shown = Numbers(found).Where(at => !isNothing || found.Number(at) != 0).Take(size.Figures).ToArray();
        if (shown.Length > 0)
            write.Table(["Figure", ">Value"], shown.Select(at => (IReadOnlyList<Inline>)[Inline.Words(Words(at)), Value(write, found, at)]));
    }

    /// <summary>Figures of the result and of the objects in it. Names with digits in them would read as figures, and stay in the envelope.</summary>
    private static IEnumerable<string> Numbers(Envelope found) =>
        Fields(found, "/result", JsonValueKind.Number)
            .Concat(Fields(found, "/result", JsonValueKind.Object).SelectMany(at => Fields(found, at, JsonValueKind.Number)))
            .Where(at => !at["/result".Length..].Any(char.IsAsciiDigit) && !IsScaledUp(found, at));

    /// <summary>A few days do not carry to a month.</summary>
    private static bool IsScaledUp(Envelope found, string name) =>
        name.Contains("per_month", StringComparison.Ordinal) && found is { From: { } from, To: { } to } && (to - from).TotalDays < ChangeSection.DaysForAMonth;

    private static void List(ReportWriter write, Envelope found, string list, Size size)
    {
        if (found.Items(list) is not { Count: > 0 } items || found.At(items[0]) is not { ValueKind: JsonValueKind.Object } first)
            return;
        var columns = first.EnumerateObject().Where(property => IsShown(property) && !IsScaledUp(found, property.Name)).Select(property => property.Name).Take(size.Columns).ToArray();
        // Names alone say nothing.
        if (columns.Length < 2)
            return;
        write.Table(
            [.. columns.Select(name => (IsNumber(first.GetProperty(name)) ? ">" : "") + (name == "keys" ? "Group" : Sentence(name)))],
            items.Take(size.Rows).Select(at => (IReadOnlyList<Inline>)[.. columns.Select(name => Cell(write, found, $"{at}/{JsonPointer.Escape(name)}"))]));
    }

    private static bool IsShown(JsonProperty property) =>
        property.Value.ValueKind is JsonValueKind.Number or JsonValueKind.String or JsonValueKind.Null
        // Without keys the group is all there is.
        || (property is { Name: "keys", Value.ValueKind: JsonValueKind.Object } && property.Value.EnumerateObject().Any());

    private static bool IsNumber(JsonElement value) => value.ValueKind is JsonValueKind.Number;

    private static Inline Cell(ReportWriter write, Envelope found, string at) => found.At(at) switch
    {
        { ValueKind: JsonValueKind.Number } => Value(write, found, at),
        { ValueKind: JsonValueKind.String } text when text.GetString() is { Length: <= LongestName } name => Inline.Name(name),
        { ValueKind: JsonValueKind.String } => Cells.Note(found, at),
        { ValueKind: JsonValueKind.Object } keys => new Inline(string.Join(
            " · ", keys.EnumerateObject().Select(key => Inline.Name(key.Value.ValueKind == JsonValueKind.String ? key.Value.GetString() : null).Markdown))),
        _ => new Inline("–"),
    };

    private static Inline Value(ReportWriter write, Envelope found, string at)
    {
        var name = at[(at.LastIndexOf('/') + 1)..];
        if (name.Contains("usd", StringComparison.Ordinal))
            return write.Dollars(found, at);
        if (name.EndsWith("_share", StringComparison.Ordinal) || name.Contains("_share_of_", StringComparison.Ordinal) || name.EndsWith("_ratio", StringComparison.Ordinal) && found.Number(at) is >= -1 and <= 1)
            return write.Share(found, at);
        return name.EndsWith("_tokens", StringComparison.Ordinal) ? write.Tokens(found, at) : write.Number(found, at);
    }

    private static IEnumerable<string> Fields(Envelope found, string at, JsonValueKind kind) =>
        found.At(at) is { ValueKind: JsonValueKind.Object } parent
            ? parent.EnumerateObject().Where(property => property.Value.ValueKind == kind).Select(property => $"{at}/{JsonPointer.Escape(property.Name)}")
            : [];

    private sealed record Size(int Figures, int Lists, int Rows, int Columns);

    private static string Words(string pointer) =>
        string.Join(", ", pointer["/result/".Length..].Split('/').Select(part => part.Replace("_usd", "", StringComparison.Ordinal).Replace('_', ' ')));

    private static string Sentence(string name) => Capitalised(name.Replace("_usd", "", StringComparison.Ordinal).Replace('_', ' '));
}
