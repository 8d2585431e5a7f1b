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
        var first = actions[0];
        draft.Brief($"First thing to do: {first.Text("title")}.");
        draft.Text("By sure monthly saving, weighed by how far the figure can be trusted. Savings overlap and must not be added.");
        draft.Grid(
            ["", "Action", ">A month", ">Once", "Grade", "Effort"],
            actions.Take(Shown).Select(action => (IReadOnlyList<GridCell>)
            [
                Words.Count(action.Number("rank")), action.Text("title") ?? "", Money(action.Number("saving_low_usd_per_month")), Money(action.Number("amount_usd")),
                action.Text("grade") ?? "", action.Text("effort") ?? "",
            ]));
        foreach (var action in actions.Take(Shown))
            draft.Artefact($"{Words.Count(action.Number("rank"))}. {action.Text("title")}", Plan(action));
    }

    private static string Plan(JsonElement action) =>
        $"Why: {action.Text("why")}\nUndo: {action.Text("rollback")}\nCheck: {action.Text("verification")}\n\n"
        + $"{action.Text("artefact/kind")?.Replace('_', ' ')}:\n{action.Text("artefact/content")}";

    private static string Money(double? amount) => amount is null or 0 ? "–" : Words.Dollars(amount);
}
