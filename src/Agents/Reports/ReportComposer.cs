using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol.Reports;

namespace Apex.Agents.Reports;

/// <summary>Composes the answer: headline first, then findings, actions, what is missing, method and limits.</summary>
internal static class ReportComposer
{
    private const int HeadlineSentences = 2;
    private const double EnoughData = 0.8;
    private const double SomeData = 0.4;

    /// <param name="refused">Sentences left out because a number in them could not be traced.</param>
    public static Report Compose(SubagentTask task, TriageVerdict verdict, ToolCatalogue tools, out IReadOnlyList<string> refused)
    {
        var scene = new ReportScene(task, verdict);
        var missing = scene.Plan.Intents.Where(intent => IsMissing(intent, tools)).ToArray();
        ModelPassage.Write(scene);
        if (scene.HasEvidence && verdict.Log is { RowsInScope: > 0 })
            Answer(scene, missing);
        else
            Guidance.Write(scene);
        if (verdict.Log is { RowsInScope: > 0 })
        {
            MethodSection.WriteMissing(scene);
            MethodSection.Write(scene);
        }

        ModelPassage.WriteNotes(scene);
        var written = scene.Writer.Finish();
        refused = scene.Writer.Refused;
        return new Report
        {
            Kind = KindOf(scene, missing),
            Title = PlanWords.Title(scene.Plan),
            Markdown = written.Markdown,
            Figures = written.Figures,
            Charts = written.Charts,
            Sources = [.. scene.Envelopes.Select(Source)],
            FollowUps = FollowUps.For(scene.Plan, verdict.Log),
            Planner = scene.Answer is { Text: not null, Model: { } model } ? model : DeterministicPlanner.PlannerName,
            InsteadOf = scene.Answer?.InsteadOf,
            Usage = scene.Answer?.Usage,
        };
    }

    private static void Answer(ReportScene scene, IReadOnlyList<Intent> missing)
    {
        if (scene.HasModelText && scene.Plan.Intents is [Intent.Unknown])
            return;
        IReadOnlyList<Prose> sentences =
        [
            .. missing.Select(NotYet),
            .. scene.Plan.Intents is [Intent.Unknown] ? [NotRecognised()] : Array.Empty<Prose>(),
            .. scene.Plan.Intents.SelectMany(intent => HeadlineOf(intent, scene)).DistinctBy(sentence => sentence.ToString()),
        ];
        if (sentences.Count == 0)
            sentences = [$"The log does not hold what this question needs; what is missing, and the least to log next, is below."];
        scene.Tell(sentences);
        if (scene.HasModelText)
        {
            scene.Writer.Heading("As computed");
            scene.Writer.Bullets(sentences);
        }
        else
        {
            scene.Writer.Headline([.. sentences.Take(HeadlineSentences)]);
            scene.Writer.Bullets([.. sentences.Skip(HeadlineSentences)]);
        }

        Context(scene);
        Findings(scene);
        AddedFindings(scene);
        ActionsSection.Write(scene);
    }

    private static void Findings(ReportScene scene)
    {
        var plan = scene.Plan;
        ChangeSection.Write(scene);
        if (plan.WantsAny(Intent.Caching, Intent.Reduce) || plan.Slots.Tools.Contains(ToolNames.PrefixCacheSim))
            CachingSection.Write(scene);
        if (plan.WantsAny(Intent.ModelChoice, Intent.Reduce) || plan.Slots.Tools.Contains(ToolNames.Pareto))
            ModelsSection.Write(scene);
        TokensSection.Write(scene);
        if (plan.WantsAny(Intent.Anomaly, Intent.Trust))
        {
            ReconcileSection.Write(scene);
            AnomalySection.Write(scene);
            SeriesSection.Write(scene);
            SpendSection.Write(scene);
        }
        else
        {
            SeriesSection.Write(scene);
            SpendSection.Write(scene);
            AnomalySection.Write(scene);
            ReconcileSection.Write(scene);
        }

        FoundSection.Write(scene);
        QualitySection.Write(scene, whole: plan.WantsAny(Intent.DataQuality, Intent.Trust) || scene.Verdict.Completeness < SomeData);
    }

    /// <summary>What a reader should know before the figures: generated data, a period counted from the log's end.</summary>
    private static void Context(ReportScene scene)
    {
        var (plan, log) = (scene.Plan, scene.Verdict.Log!); // Answers are composed only over a log.
        if (scene.Verdict.Imports.Count > 0)
            scene.Writer.Paragraph($"*The log is not whole yet.* {Guidance.Imports(scene)} This answer counts the rows stored when it was asked.");
        if (log.HoldsGenerated)
            scene.Writer.Paragraph($"*Demonstration data:* the log holds generated rows of an organisation that does not exist.");
        if (plan.Slots.Period is { FromLogEnd: true } period)
            scene.Writer.Paragraph(
                $"The log ends {Inline.Day(log.Last)}, so \"{Inline.Quoted(period.Said)}\" was counted from there: {Inline.Day(period.From)} to {Inline.Day(PeriodWords.LastDay(period))}.");
        else if (plan.Slots.Period is { } asked && asked.To > log.Last.AddDays(1) && asked.From <= log.Last)
            scene.Writer.Paragraph($"The log ends {Inline.Day(log.Last)}, within the period asked for.");
    }

    private static IReadOnlyList<Prose> HeadlineOf(Intent intent, ReportScene scene) => intent switch
    {
        Intent.SpendOverTime => [.. SpendSection.Headline(scene), .. SeriesSection.Headline(scene)],
        Intent.Anomaly => [.. ReconcileSection.Headline(scene), .. AnomalySection.Headline(scene)],
        Intent.Trust => ReconcileSection.Headline(scene),
        Intent.DataQuality => QualitySection.Headline(scene),
        Intent.Overview or Intent.Unknown => [.. SpendSection.Headline(scene), .. ReconcileSection.Headline(scene), .. AnomalySection.Headline(scene)],
        Intent.WhyUp => [.. DriversSection.Headline(scene), .. SpendSection.Headline(scene), .. SeriesSection.Headline(scene), .. AnomalySection.Headline(scene)],
        Intent.Who => [.. SpendSection.Leader(scene), .. SpendSection.Headline(scene)],
        Intent.Tokens or Intent.Context => TokensSection.Headline(scene),
        Intent.Caching => CachingSection.Headline(scene),
        Intent.ModelChoice => ModelsSection.Headline(scene),
        Intent.WhatIf => [.. ChangeSection.Headline(scene), .. SpendSection.Headline(scene)],
        Intent.Budget => [.. BudgetSection.Headline(scene), .. SpendSection.Headline(scene)],
        Intent.Repeats => [.. RepeatsSection.Headline(scene), .. SpendSection.Headline(scene)],
        Intent.Batch => [.. BatchSection.Headline(scene), .. SpendSection.Headline(scene)],
        Intent.Capacity => [.. CapacitySection.Headline(scene), .. SpendSection.Headline(scene)],
        Intent.Latency => LatencySection.Headline(scene),
        Intent.Verify => [.. VerifySection.Headline(scene), .. SpendSection.Headline(scene)],
        Intent.Tool => [.. scene.Plan.Slots.Tools.SelectMany(tool => HeadlineOf(tool, scene))],
        Intent.Reduce => [.. ActionsSection.Headline(scene), .. ChangeSection.Headline(scene), .. SpendSection.Headline(scene), .. TokensSection.Headline(scene)],
        _ => SpendSection.Headline(scene),
    };

    private static IReadOnlyList<Prose> HeadlineOf(string tool, ReportScene scene) => tool switch
    {
        ToolNames.DataQuality => QualitySection.Headline(scene),
        ToolNames.CostReconcile => ReconcileSection.Headline(scene),
        ToolNames.CostBreakdown => [.. SpendSection.Headline(scene), .. SpendSection.Leader(scene)],
        ToolNames.CostAnomaly => AnomalySection.Headline(scene),
        ToolNames.TokenDistribution => TokensSection.Headline(scene),
        ToolNames.PrefixCacheSim => CachingSection.Headline(scene),
        ToolNames.Pareto => ModelsSection.Headline(scene),
        ToolNames.WhatIf => ChangeSection.Headline(scene),
        ToolNames.SavingsVerification => VerifySection.Headline(scene),
        "cost_drivers" => DriversSection.Headline(scene),
        _ => FoundSection.Headline(scene, tool),
    };

    private static bool IsMissing(Intent intent, ToolCatalogue tools) =>
        AnalysisCatalogue.MainOf(intent) is { Count: > 0 } main && !main.Any(one => tools.Has(one.Tool));

    /// <summary>Says first, and plainly, that the question itself cannot be answered by this version.</summary>
    private static Prose NotYet(Intent intent) =>
        $"This version has no analysis yet of {Inline.Quoted(string.Join(" or ", AnalysisCatalogue.MainOf(intent).Select(one => one.Answers)))}; what the log does show is below.";

    private static Prose NotRecognised() =>
        $"That is no question about a usage log that I recognise, so this is an overview of yours.";

    /// <summary>What sub-agents of the user's own have to say; the figure checker reads it like everything else.</summary>
    private static void AddedFindings(ReportScene scene)
    {
        foreach (var (name, found) in scene.Task.Earlier)
            if (!SubagentNames.BuiltIn.Contains(name))
            {
                scene.Writer.Heading($"From {name}");
                scene.Writer.Paragraph($"{Inline.Quoted(found.Summary)}");
            }
    }

    private static ReportKind KindOf(ReportScene scene, Intent[] missing)
    {
        if (!scene.HasEvidence || scene.Verdict.Log is not { RowsInScope: > 0 } || scene.Verdict.Completeness < SomeData)
            return ReportKind.Guidance;
        var isWhole = scene.FailedCalls.Count == 0 && scene.Task.Failures.Count == 0 && scene.Writer.Refused.Count == 0
            && missing.Length == 0 && (scene.Plan.Intents is not [Intent.Unknown] || scene.HasModelText) && scene.Verdict.Completeness >= EnoughData && !SpendSection.LacksPrices(scene);
        return isWhole ? ReportKind.Full : ReportKind.Partial;
    }

    private static ReportSource Source(Envelope envelope) => new(
        envelope.CallId, envelope.Tool, envelope.Grade, envelope.RowsUsed, envelope.PricedShare, envelope.From, envelope.To,
        envelope.Assumptions, envelope.Caveats);
}
