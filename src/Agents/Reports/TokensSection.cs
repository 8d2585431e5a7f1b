using System.Globalization;
using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Protocol.Reports;

namespace Apex.Agents.Reports;

/// <summary>How long prompts and answers are, and which side the money goes to.</summary>
internal static class TokensSection
{
    private const string Median = "percentiles/0/tokens";
    private static readonly string[] SideNames = ["input", "output"];

    private const string P95 = "percentiles/3/tokens";

    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (Whole(scene) is not { } found)
            return ByGroup(scene);
        var (write, (tokens, group)) = (scene.Writer, found);
        Prose sizes = $"Half of the prompts have at most {write.Tokens(tokens, $"{group}/input/{Median}")} tokens, and half of the answers at most {write.Tokens(tokens, $"{group}/output/{Median}")}; one prompt in twenty is longer than {write.Tokens(tokens, $"{group}/input/{P95}")}.";
        if (tokens.Number($"{group}/cost_sides/input_share") is not { } share)
            return [sizes];
        return
        [
            sizes,
            $"{Inline.Words(share >= 0.5 ? "Input" : "Output")} is where the money goes: {write.Share(tokens, share >= 0.5 ? $"{group}/cost_sides/input_share" : $"{group}/cost_sides/output_share")} of the cost.",
        ];
    }

    private static IReadOnlyList<Prose> ByGroup(ReportScene scene)
    {
        if (scene.Find(Roles.Tokens) is not { } tokens)
            return [];
        var groups = tokens.Items("/result/groups");
        var longest = groups.MaxBy(at => tokens.Number($"{at}/input/{Median}"));
        return longest is null
            ? []
            : [$"{Key(tokens, longest)} has the longest prompts: half of them have more than {scene.Writer.Tokens(tokens, $"{longest}/input/{Median}")} tokens, and one in twenty more than {scene.Writer.Tokens(tokens, $"{longest}/input/{P95}")}."];
    }

    private static Inline Key(Envelope tokens, string group) => new(string.Join(
        " · ", tokens.Items("/args/group_by").Select(tokens.Text).OfType<string>().Select(one => Inline.Name(tokens.Text($"{group}/keys/{one}")).Markdown)));

    public static void Write(ReportScene scene)
    {
        if (scene.Find(Roles.Tokens) is not { } tokens || tokens.Items("/result/groups") is not { Count: > 0 } groups)
            return;
        var write = scene.Writer;
        write.Heading("How long prompts and answers are");
        if (groups.Count == 1)
            Sides(write, tokens, groups[0]);
        else
            Groups(write, tokens, groups);
        Money(write, tokens, groups[0], groups.Count == 1);
        Histogram(write, tokens);
    }

    private static (Envelope Tokens, string Group)? Whole(ReportScene scene) =>
        scene.Find(Roles.Tokens) is { } tokens && tokens.Items("/result/groups") is [var only] ? (tokens, only) : null;

    private static void Sides(ReportWriter write, Envelope tokens, string group) => write.Table(
        ["Tokens per call", ">p50", ">p75", ">p90", ">p95", ">p99", ">most", ">mean", ">all"],
        SideNames.Select(side => (IReadOnlyList<Inline>)
        [
            Inline.Words(side),
            .. tokens.Items($"{group}/{side}/percentiles").Select(at => write.Tokens(tokens, $"{at}/tokens")),
            write.Tokens(tokens, $"{group}/{side}/max_tokens"),
            write.Tokens(tokens, $"{group}/{side}/mean_tokens"),
            write.Tokens(tokens, $"{group}/{side}/sum_tokens"),
        ]));

    private static void Groups(ReportWriter write, Envelope tokens, IReadOnlyList<string> groups)
    {
        var dimensions = tokens.Items("/args/group_by").Select(tokens.Text).OfType<string>().ToArray();
        write.Table(
            [.. dimensions.Select(one => one.Replace('_', ' ')), ">Calls", ">Input p50", ">Input p95", ">Output p50", ">Output p95", ">In per out", ">Input's share of cost"],
            groups.Select(at => (IReadOnlyList<Inline>)
            [
                .. dimensions.Select(one => Inline.Name(tokens.Text($"{at}/keys/{one}"))),
                write.Count(tokens, $"{at}/requests", "requests"),
                write.Tokens(tokens, $"{at}/input/{Median}"),
                write.Tokens(tokens, $"{at}/input/{P95}"),
                write.Tokens(tokens, $"{at}/output/{Median}"),
                write.Tokens(tokens, $"{at}/output/{P95}"),
                write.Number(tokens, $"{at}/input_to_output_ratio"),
                write.Share(tokens, $"{at}/cost_sides/input_share"),
            ]));
    }

    private static void Money(ReportWriter write, Envelope tokens, string group, bool isWhole)
    {
        if (!isWhole || tokens.Number($"{group}/cost_sides/input_usd") is null)
            return;
        write.Paragraph(
            $"Of the priced cost, {write.Dollars(tokens, $"{group}/cost_sides/input_usd")} ({write.Share(tokens, $"{group}/cost_sides/input_share")}) is input and {write.Dollars(tokens, $"{group}/cost_sides/output_usd")} ({write.Share(tokens, $"{group}/cost_sides/output_share")}) output; a call has {write.Number(tokens, $"{group}/input_to_output_ratio")} input tokens for each output token.");
    }

    private static void Histogram(ReportWriter write, Envelope tokens)
    {
        var bounds = tokens.Items("/result/histogram/bounds").Select(at => tokens.Number(at) ?? 0).ToArray();
        var input = Counts(tokens, "/result/histogram/input_requests");
        var output = Counts(tokens, "/result/histogram/output_requests");
        if (input.Length == 0)
            return;
        // Empty buckets at both ends say nothing.
        var used = Enumerable.Range(0, input.Length).Where(index => input[index] > 0 || output[index] > 0).ToArray();
        if (used.Length == 0)
            return;
        var (first, last) = (used[0], used[^1]);
        write.Chart(
            ChartKind.Histogram, "Calls by tokens", tokens,
            [.. Enumerable.Range(first, last - first + 1).Select(index => Label(bounds, index))],
            [new ChartSeries("Input", input[first..(last + 1)]), new ChartSeries("Output", output[first..(last + 1)])], "requests");
    }

    private static double?[] Counts(Envelope tokens, string pointer) => [.. tokens.Items(pointer).Select(tokens.Number)];

    private static string Label(double[] bounds, int index) => index < bounds.Length
        ? "≤ " + FigureText.Of(bounds[index], FigureFormat.Tokens)
        : string.Create(CultureInfo.InvariantCulture, $"> {FigureText.Of(bounds[^1], FigureFormat.Tokens)}");
}
