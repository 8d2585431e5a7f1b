using System.Text.Json;
using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>What to do first, with what each step needs to be taken, undone and checked.</summary>
internal static class ActionsSection
{
    private const int Shown = 8;

    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("actions") is not { } ranked || ranked.Result.Items("actions") is not { Count: > 0 } actions)
            return;
        draft.Section("What to do, in this order");
        draft.From(ranked);
        draft.Text(
            "Ordered by the saving a month that is certain enough to count on. Several may concern the same money, so their amounts must not be added up. "
            + "On a screen each step unfolds: why, how to undo it, and how to check that it worked.");
        draft.Grid(
            ["", "Action", ">A month", ">Once", "How sure", "Effort"],
            actions.Take(Shown).Select(action => (IReadOnlyList<GridCell>)
            [
                Words.Count(action.Number("rank")), action.Text("title") ?? "", Money(action.Number("saving_low_usd_per_month")), Money(action.Number("amount_usd")),
                GradeWords.Short(action.Text("grade")), Effort(action.Text("effort")),
            ]));
        foreach (var action in actions.Take(Shown))
            draft.Artefact($"{Words.Count(action.Number("rank"))}. {action.Text("title")}", Plan(action));
    }

    /// <summary>The last word of the brief.</summary>
    public static void Conclude(ReportMaterial material, ReportDraft draft)
    {
        if (material.Result("actions")?.Items("actions") is [var first, ..])
            draft.Brief($"First thing to do: {first.Text("title")}.");
    }

    private static string Plan(JsonElement action) =>
        $"Why: {action.Text("why")}\nUndo: {action.Text("rollback")}\nCheck: {action.Text("verification")}\n\n"
        + $"{action.Text("artefact/kind")?.Replace('_', ' ')}:\n{action.Text("artefact/content")}";

    private static string Effort(string? effort) => effort switch
    {
        "config" => "a setting",
        "code" => "code",
        "contract" => "a contract",
        _ => effort ?? "",
    };

    private static string Money(double? amount) => amount is null or 0 ? "–" : Words.Money(amount);
}
