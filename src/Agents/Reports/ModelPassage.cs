using Apex.Agents.Conversing;
using Apex.Agents.Figures;

namespace Apex.Agents.Reports;

/// <summary>A chat model's words at the head of the answer, and who wrote it when that was not the first model asked.</summary>
internal static class ModelPassage
{
    public static void Write(ReportScene scene)
    {
        if (scene.Answer?.Text is not { } text)
            return;
        var figures = new ModelFigures(scene.Task.Calls, scene.Task.Run.Question, scene.Dates);
        var envelopes = scene.Envelopes.ToDictionary(one => one.CallId, StringComparer.Ordinal);
        scene.Writer.Passage(text, figures, id => envelopes.GetValueOrDefault(id));
    }

    public static void WriteNotes(ReportScene scene)
    {
        if (scene.Answer is not { Notes: { Count: > 0 } notes } answer)
            return;
        scene.Writer.Heading("Who wrote this");
        scene.Writer.Bullets([.. notes.Select(note => (Prose)$"{Inline.Quoted(note)}"), LastWord(answer)]);
    }

    private static Prose LastWord(ModelAnswer answer)
    {
        if (answer.Text is null)
            return $"So this answer is the planner's, computed without a chat model.";
        return $"This answer is by {Inline.Name(answer.Model)}.";
    }
}
