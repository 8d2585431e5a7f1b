using Apex.Agents.Figures;
using Apex.Agents.Planning;

namespace Apex.Agents.Reports;

/// <summary>Whether a change saved money. What is not shown is said to be not shown, whatever the estimate.</summary>
internal static class VerifySection
{
    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (scene.Find(ToolNames.SavingsVerification) is not { } found)
            return [];
        if (FoundSection.Refusal(found) is { } refusal)
            return [$"Whether the change saved money cannot be told: {refusal}"];
        var write = scene.Writer;
        var between = new Inline(
            $"between {write.Share(found, "/result/interval/low").Markdown} and {write.Share(found, "/result/interval/high").Markdown}");
        var saving = write.Share(found, "/result/saving_ratio");
        Prose first = found.Text("/result/verdict") == "verified"
            ? $"Yes: the cost of a {Unit(found)} fell by {saving} ({between}), which saved {write.Dollars(found, "/result/saved_usd")}."
            : (Prose)$"A saving is not shown: the estimate is {saving} less per {Unit(found)}, {between}. {Cells.Note(found, "/result/why")}";
        return
        [
            first,
            .. found.Text("/result/label") == "uncontrolled"
                ? [$"This is an uncontrolled comparison of before with after; the least saving it could have shown is {write.Share(found, "/result/detectable_ratio")}."]
                : Array.Empty<Prose>(),
        ];
    }

    private static Inline Unit(Envelope found) => Inline.Words(found.Text("/result/unit") switch
    {
        "success" => "successful request",
        "outcome" => "good outcome",
        _ => "request",
    });
}
