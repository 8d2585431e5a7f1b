using Apex.Agents.Figures;
using Apex.Agents.Planning;

namespace Apex.Agents.Reports;

/// <summary>What to do, ranked: each action with its worth, its reason, how to do it, how to undo it, how to check it.</summary>
internal static class ActionsSection
{
    private const int ShownToFacts = 3;
    private const int LongestArtefact = 160;

    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (scene.Find(Roles.Actions) is not { } actions)
            return [];
        var saving = actions.Items("/result/actions")
            .FirstOrDefault(at => actions.Number($"{at}/value_usd_per_month") > 0);
        return saving is null
            ? [$"No saving can be shown from this log yet; what would make one visible is below."]
            : [$"The surest saving: {Title(actions, saving)}, at least {scene.Writer.Dollars(actions, $"{saving}/saving_low_usd_per_month")} a month."];
    }

    public static void Write(ReportScene scene)
    {
        if (scene.Find(Roles.Actions) is not { } actions)
            return;
        // A question for facts gets the most important actions only.
        var isAboutActions = scene.Plan.WantsAny(Intent.Reduce, Intent.Anomaly, Intent.Trust, Intent.DataQuality, Intent.Overview, Intent.ModelChoice);
        var shown = actions.Items("/result/actions").Take(isAboutActions ? int.MaxValue : ShownToFacts).ToArray();
        scene.Writer.Heading("What to do");
        scene.Writer.Steps([.. shown.Select(at => Step(scene.Writer, actions, at))]);
    }

    private static Prose Step(ReportWriter write, Envelope actions, string at) =>
        $"**{Title(actions, at)}**{Worth(write, actions, at)}. {Cells.Note(actions, $"{at}/why")} {Artefact(actions, at)} *Undo:* {Cells.Note(actions, $"{at}/rollback")} *Check:* {Cells.Note(actions, $"{at}/verification")}";

    private static Inline Worth(ReportWriter write, Envelope actions, string at)
    {
        var grade = actions.Text($"{at}/grade");
        if (actions.Number($"{at}/saving_usd_per_month") > 0)
        {
            var isOne = actions.Number($"{at}/saving_usd_per_month").Equals(actions.Number($"{at}/saving_low_usd_per_month"));
            var low = isOne ? Inline.Nothing : new Inline($"{write.Dollars(actions, $"{at}/saving_low_usd_per_month")} to ");
            Prose saving = $" — saves {low}{write.Dollars(actions, $"{at}/saving_usd_per_month")} a month, grade {Inline.Words(grade ?? "")}";
            return new Inline(saving.ToString());
        }

        if (actions.Number($"{at}/amount_usd") is null or 0)
            return Inline.Nothing;
        Prose amount = $" — {write.Dollars(actions, $"{at}/amount_usd")} {Inline.Words(actions.Text($"{at}/kind") == "measurement" ? "made visible" : "at stake")}";
        return new Inline(amount.ToString());
    }

    private static Inline Artefact(Envelope actions, string at)
    {
        var content = actions.Text($"{at}/artefact/content") ?? "";
        if (content.Length == 0)
            return Inline.Nothing;
        var isShort = content.Length <= LongestArtefact && !content.Contains('\n', StringComparison.Ordinal);
        return isShort
            ? new Inline($"*Do:* {Inline.Name(content)}")
            : Inline.Words($"*Do:* take over the {(actions.Text($"{at}/artefact/kind") ?? "artefact").Replace('_', ' ')} from the result of `rank_actions`.");
    }

    private static Inline Title(Envelope actions, string at) => Cells.Note(actions, $"{at}/title");
}
