using Apex.Agents.Figures;
using Apex.Agents.Subagents;
using System.Text.Json;

namespace Apex.Agents.Planning;

/// <summary>What is missing to answer, and what an analysis would have answered, in sentences without figures of our own.</summary>
internal static class MissingData
{
    private const int MostSteps = 4;

    /// <param name="sufficiency">Results of <c>sufficiency</c>.</param>
    public static IReadOnlyList<string> Notes(TriageVerdict verdict, IEnumerable<ToolCallResult> sufficiency)
    {
        if (verdict.Log is null && verdict.Imports.Count > 0)
            return ["An import is under way, and no row of it is stored yet: ask again in a moment."];
        if (verdict.Log is null)
            return ["The usage log is empty: import a log, or load the demonstration data."];
        if (verdict.Log.RowsInScope == 0)
            return ["The log holds no rows in the period and under the filters of the question."];
        return
        [
            .. sufficiency.Select(call => call.Result).OfType<JsonElement>().SelectMany(Missing).DistinctBy(need => need.Name).Take(MostSteps)
                .Select(need => $"`{need.Name}` is missing or thin. {need.Why} {need.Step}"),
        ];
    }

    /// <summary>What the analysis of this number tells, to complete "… is not available yet".</summary>
    public static string Answers(string number) =>
        AnalysisCatalogue.All.FirstOrDefault(one => one.Number == number)?.Answers ?? number;

    private static IEnumerable<(string Name, string Why, string Step)> Missing(JsonElement envelope)
    {
        if (JsonPointer.Find(envelope, "/result/missing") is not { ValueKind: JsonValueKind.Array } missing)
            yield break;
        foreach (var need in missing.EnumerateArray())
            yield return (Text(need, "name"), Text(need, "why"), Text(need, "step"));
    }

    private static string Text(JsonElement need, string name) =>
        need.TryGetProperty(name, out var text) ? text.GetString() ?? "" : "";
}
