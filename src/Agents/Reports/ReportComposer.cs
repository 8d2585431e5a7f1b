using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Agents.Subagents;
using Apex.Protocol.Reports;

namespace Apex.Agents.Reports;

/// <summary>Composes the answer: headline first, then findings, what is missing, method and limits.</summary>
internal static class ReportComposer
{
    /// <param name="refused">Sentences left out because a number in them could not be traced.</param>
    public static Report Compose(SubagentTask task, TriageVerdict verdict, out IReadOnlyList<string> refused)
    {
        var scene = new ReportScene(task, verdict);
        if (scene.HasEvidence && verdict.Log is { RowsInScope: > 0 })
            Answer(scene);
        else
            Guidance.Write(scene);
        MethodSection.WriteMissing(scene);
        MethodSection.Write(scene);

        var written = scene.Writer.Finish();
        refused = scene.Writer.Refused;
        return new Report
        {
            Kind = KindOf(scene),
            Title = PlanWords.Title(scene.Plan),
            Markdown = written.Markdown,
            Figures = written.Figures,
            Charts = written.Charts,
            Sources = [.. scene.Envelopes.Select(Source)],
            FollowUps = FollowUps.For(scene.Plan, verdict.Log),
            Planner = DeterministicPlanner.PlannerName,
        };
    }

    private static void Answer(ReportScene scene)
    {
        var plan = scene.Plan;
        var headline = plan.Intents.SelectMany(intent => HeadlineOf(intent, scene)).DistinctBy(sentence => sentence.ToString()).ToArray();
        scene.Writer.Headline(headline);
        Context(scene);

        var isAboutMoney = !plan.WantsAny(Intent.DataQuality, Intent.Tokens);
        if (plan.WantsAny(Intent.Anomaly, Intent.Trust))
        {
            ReconcileSection.Write(scene);
            AnomalySection.Write(scene);
            SeriesSection.Write(scene);
            SpendSection.Write(scene);
        }
        else if (isAboutMoney)
        {
            SeriesSection.Write(scene);
            SpendSection.Write(scene);
            AnomalySection.Write(scene);
            ReconcileSection.Write(scene);
        }

        QualitySection.Write(scene, whole: plan.WantsAny(Intent.DataQuality, Intent.Trust));
        AddedFindings(scene);
    }

    /// <summary>What a reader should know before the figures: an old log, a question not recognised, a period counted from the log's end.</summary>
    private static void Context(ReportScene scene)
    {
        var (plan, log) = (scene.Plan, scene.Verdict.Log!); // Answers are composed only over a log.
        if (plan.Intents is [Intent.Unknown])
            scene.Writer.Paragraph($"I did not recognise a question about your usage log in that message, so this is an overview. The questions at the end show what can be asked.");
        if (plan.Slots.Period is { FromLogEnd: true } period)
            scene.Writer.Paragraph(
                $"The log ends {Inline.Day(log.Last)}, so \"{Inline.Quoted(period.Said)}\" was counted from there: {Inline.Day(period.From)} to {Inline.Day(PeriodWords.LastDay(period))}.");
    }

    private static IReadOnlyList<Prose> HeadlineOf(Intent intent, ReportScene scene) => intent switch
    {
        Intent.SpendOverTime => [.. SpendSection.Headline(scene), .. SeriesSection.Headline(scene)],
        Intent.Anomaly => [.. ReconcileSection.Headline(scene), .. AnomalySection.Headline(scene)],
        Intent.Trust => ReconcileSection.Headline(scene),
        Intent.DataQuality => QualitySection.Headline(scene),
        Intent.Overview or Intent.Unknown => [.. SpendSection.Headline(scene), .. AnomalySection.Headline(scene)],
        Intent.WhyUp => [.. SpendSection.Headline(scene), .. SeriesSection.Headline(scene), .. AnomalySection.Headline(scene)],
        _ => SpendSection.Headline(scene),
    };

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

    private static ReportKind KindOf(ReportScene scene)
    {
        if (!scene.HasEvidence || scene.Verdict.Log is not { RowsInScope: > 0 })
            return ReportKind.Guidance;
        var isWhole = scene.FailedCalls.Count == 0 && scene.Task.Failures.Count == 0 && scene.Writer.Refused.Count == 0
            && scene.Verdict.Completeness >= 0.8;
        return isWhole ? ReportKind.Full : ReportKind.Partial;
    }

    private static ReportSource Source(Envelope envelope) => new(
        envelope.CallId, envelope.Tool, envelope.Grade, envelope.RowsUsed, envelope.PricedShare, envelope.From, envelope.To,
        envelope.Assumptions, envelope.Caveats);
}
