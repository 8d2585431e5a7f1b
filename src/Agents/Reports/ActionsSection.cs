using Apex.Agents.Figures;
using Apex.Agents.Planning;

namespace Apex.Agents.Reports;

/// <summary>What to do, ranked: each action with its worth, its reason, how to do it, how to undo it, how to check it.</summary>
internal static class ActionsSection
{
    private const int ShownToFacts = 3;
    private const int LongestInLine = 260;
    private const int ShownRows = 4;
    private const int ShownLines = 24;
    private const int FewValues = 3;

    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (scene.Find(Roles.Actions) is not { } actions)
            return [];
        var saving = actions.Items("/result/actions")
            .FirstOrDefault(at => actions.Number($"{at}/value_usd_per_month") > 0);
        if (saving is null && scene.Find(ToolNames.WhatIf)?.Number("/result/saving_usd") is > 0)
            return [$"What was found is an indication only, too little data or too many assumptions to count on it."];
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
        scene.Writer.Steps([.. shown.Select(at => (Step(scene.Writer, actions, at), Block(actions, at)))]);
        // What a few days show does not carry to a month: the replay's own sentence says what it saves.
        if (actions.Number("/result/joint_saving_usd_per_month") is > 0 && scene.Find(ToolNames.WhatIf)?.Number("/result/days") is not < ChangeSection.DaysForAMonth)
            scene.Writer.Paragraph(
                $"Taken together, the changes that were replayed jointly save {scene.Writer.Dollars(actions, "/result/joint_saving_usd_per_month")} a month; the savings above overlap and are not to be added.");
        else if (shown.Count(at => actions.Number($"{at}/saving_usd_per_month") is > 0) > 1)
            scene.Writer.Paragraph($"These savings overlap and are not to be added; `what_if` replays them together.");
    }

    private static Prose Step(ReportWriter write, Envelope actions, string at) =>
        $"**{Title(actions, at)}**{Worth(write, actions, at)}. {Cells.Note(actions, $"{at}/why")} {Artefact(actions, at)} *Undo:* {Cells.Note(actions, $"{at}/rollback")} *Check:* {Cells.Note(actions, $"{at}/verification")}{Plan(actions, at)}";

    private static Inline Plan(Envelope actions, string at)
    {
        // What no saving can be shown for yet has none to verify.
        if (actions.Number($"{at}/saving_usd_per_month") is not > 0 || actions.Text($"{at}/verification_plan/tool") is not "savings_verification")
            return Inline.Nothing;
        var scope = actions.Items($"{at}/verification_plan/arguments/filters").Select(filter => Filter(actions, filter)).ToArray();
        var of = scope.Length == 0 ? "" : $" for {string.Join(" and ", scope)}";
        return new Inline($" Then ask {Inline.Name("savings_verification")}{of}.");
    }

    private static string Filter(Envelope actions, string at)
    {
        var values = actions.Items($"{at}/values").Select(actions.Text).OfType<string>().ToArray();
        var few = string.Join(", ", values.Take(FewValues).Select(value => Inline.Name(value).Markdown));
        return $"{actions.Text($"{at}/dimension")} {few}{(values.Length > FewValues ? " and others" : "")}";
    }

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
        if (IsShort(content))
            return new Inline($"*Do:* {Inline.Name(content)}");
        var kind = (actions.Text($"{at}/artefact/kind") ?? "artefact").Replace('_', ' ');
        var shown = Shown(content);
        return Inline.Words(shown == 0 ? $"*Do:* take over the {kind} from the result of `rank_actions`."
            : shown >= content.Split('\n').Length ? $"*Do:* take over the {kind} below."
            : $"*Do:* take over the {kind}, which begins as below and is whole in the result of `rank_actions`.");
    }

    private static CodeSample? Block(Envelope actions, string at)
    {
        var content = actions.Text($"{at}/artefact/content") ?? "";
        if (IsShort(content) || Shown(content) == 0)
            return null;
        return new CodeSample(IsRule(content) ? "json" : "text", string.Join('\n', content.Split('\n').Take(Shown(content))));
    }

    /// <summary>Lines: of a rule nearly always all, of a file of requests some to know it by, of a table none.</summary>
    private static int Shown(string content) => content[0] switch
    {
        _ when IsRule(content) => ShownLines,
        '{' => ShownRows,
        _ => 0,
    };

    private static bool IsRule(string content) => content[0] is '{' or '[' && content.Contains("\n ", StringComparison.Ordinal);

    private static bool IsShort(string content) => content.Length <= LongestInLine && !content.Contains('\n', StringComparison.Ordinal);

    private static Inline Title(Envelope actions, string at) => Cells.Note(actions, $"{at}/title");
}
