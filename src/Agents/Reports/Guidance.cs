using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Protocol.Reports;
using Apex.Usage.Import;

namespace Apex.Agents.Reports;

/// <summary>Answers without figures: what to load, what to ask, why a question is not worked on.</summary>
internal static class Guidance
{
    public static void Write(ReportScene scene)
    {
        var write = scene.Writer;
        if (scene.Verdict.Log is null && scene.Verdict.Imports.Count > 0)
            StillReading(scene);
        else if (scene.Verdict.Log is not { } log)
            EmptyLog(write);
        else if (log.RowsInScope == 0)
            NothingInScope(scene, log);
        else if (scene.Plan.Wants(Intent.Help) && scene.HasModelText)
            return;
        else if (scene.Plan.Wants(Intent.Help))
            Help(write);
        else
            write.Headline($"The analyses this question needs did not answer, so there is no figure to give.");
    }

    /// <summary>Why triage refused, with what to do instead.</summary>
    public static Report Refused(string refusal) => new()
    {
        Kind = ReportKind.Guidance,
        Title = "Not answered",
        Markdown = $"**{refusal}**\n\n## What you can ask\n\n{string.Concat(Examples.Select(example => $"- {example}\n"))}",
        FollowUps = [.. Examples.Take(3)],
        Planner = DeterministicPlanner.PlannerName,
    };

    private static readonly string[] Examples =
    [
        "What are we spending, and is anything wrong with it?",
        "What did we spend per model, month by month?",
        "Which model is cheapest for its quality?",
        "Is prompt caching worth it?",
        "How good is our data?",
    ];

    private static void StillReading(ReportScene scene)
    {
        var write = scene.Writer;
        write.Headline($"Your usage log is still being read, and no row of it is stored yet.", $"{Imports(scene)}");
        write.Paragraph($"Ask again in a moment: rows count as soon as they are stored, and an answer says while more are to come. How far it is shows on the page and where `apex import` runs.");
        write.Heading("Then ask");
        write.Bullets([.. Examples.Select(example => (Prose)$"{Inline.Quoted(example)}")]);
    }

    /// <summary>What is still being imported, and how far it is.</summary>
    public static Inline Imports(ReportScene scene) => Inline.Quoted(ImportWords.Of(scene.Verdict.Imports));

    private static void EmptyLog(ReportWriter write)
    {
        write.Headline($"Your usage log is empty, so there is nothing to compute yet.");
        write.Heading("Load your own log");
        write.Bullets(
            $"On the page: drag a file onto the chat.",
            $"On the command line: `apex import FILE`.",
            $"Read are {Inline.Quoted(ImportFormats.Kinds)}; gzip is taken as it is. A program or collector can also send its OpenTelemetry traces live.",
            $"Prices: a built-in book is there; `apex prices import FILE` adds LiteLLM's price map or a dated history.");
        write.Heading("Or look around with generated data");
        write.Bullets(
            $"On the page: choose *Load demonstration data*.",
            $"On the command line: `apex demo`.",
            $"It is generated, and labelled so in every answer.");
        write.Heading("Then ask");
        write.Bullets([.. Examples.Select(example => (Prose)$"{Inline.Quoted(example)}")]);
    }

    private static void NothingInScope(ReportScene scene, LogSummary log)
    {
        var write = scene.Writer;
        var slots = scene.Plan.Slots;
        write.Headline($"The log holds no calls{PeriodWords.Within(scene.Plan)}{Only(slots)}.");
        write.Paragraph($"It runs from {Inline.Day(log.First)} to {Inline.Day(log.Last)}. Ask for a period within that, or leave the restriction out.");
        if (scene.Verdict.Imports.Count > 0)
            write.Paragraph($"{Imports(scene)} Ask again when it is done.");
    }

    private static Inline Only(PlanSlots slots) => slots.Filters.Count == 0
        ? Inline.Nothing
        : Inline.Quoted(string.Concat(slots.Filters.Select(filter => $", {(filter.Exclude ? "without" : "only")} {filter.Said}")));

    private static void Help(ReportWriter write)
    {
        write.Headline($"Ask about your usage log in plain English; every figure in an answer is computed from it and can be traced.");
        write.Heading("Questions to start with");
        write.Bullets([.. Examples.Select(example => (Prose)$"{Inline.Quoted(example)}")]);
        write.Paragraph($"Name a period (\"last month\", \"in March\", \"the last weeks\"), a model, a provider, a user; go on with \"and by user?\" or \"only\" with a name.");
    }
}
