using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Protocol.Events;

namespace Apex.Agents.Reports;

/// <summary>What a reader must know before trusting the answer: window, rows, prices, grades, assumptions, what failed or is missing.</summary>
internal static class MethodSection
{
    private static readonly string[] Shown = [Roles.Breakdown, Roles.Series, Roles.Reconcile, Roles.Anomaly, Roles.Quality];

    public static void Write(ReportScene scene)
    {
        var write = scene.Writer;
        var envelopes = scene.Envelopes;
        if (envelopes.Count == 0)
            return;
        write.Heading("Method and limits");
        var cited = envelopes.Where(one => write.Cites(one.CallId)).ToArray();
        var first = Shown.Select(scene.Find).OfType<Envelope>().FirstOrDefault() ?? envelopes[0];
        var facts = new List<Prose>();
        if (first is { From: { } from, To: { } to })
            facts.Add($"Window: {Inline.Day(from)} to {Inline.Day(to.AddTicks(-1))}, UTC{ReadFrom(scene.Plan)}.");
        facts.Add($"Rows: {write.Count(first, "/rows_in", "requests")} in scope; {write.Share(first, "/priced_share")} have a known price. Price map {Inline.Name(first.Text("/price_map_version"))}.");
        facts.AddRange(Excluded(write, cited));
        if (scene.Plan.Slots.WithoutOwnCalls)
            facts.Add($"Apex's own calls of chat models are left out; ask \"what did apex cost\" for those.");
        facts.Add($"Trust: {Grades(envelopes)}. A is arithmetic over logged and priced rows, B a replay on complete fields, C a replay with an assumption, D an indication.");
        // Only what a figure above rests on. The rest of a table repeats what its table says, and sufficiency speaks of questions, not of figures.
        IReadOnlyList<Envelope> stated = [.. cited.Where(one => one.Tool != ToolNames.Sufficiency && one.CallId != scene.Find(Roles.SeriesOther)?.CallId)];
        facts.AddRange(stated.SelectMany(one => one.Assumptions).Distinct().Select(text => (Prose)$"Assumed: {Inline.Quoted(text)}"));
        facts.AddRange(stated.SelectMany(one => one.Caveats).Distinct().Select(text => (Prose)$"Mind: {Inline.Quoted(text)}"));
        write.Bullets(facts);
    }

    /// <summary>Which analyses failed, are missing, or lack data. Written above the method, because it limits the answer.</summary>
    public static void WriteMissing(ReportScene scene)
    {
        var items = new List<Prose>();
        // What the user stopped, whoever called it: the answer must not read as if it had been looked at.
        items.AddRange(scene.Task.Calls.Where(call => call.Status == ToolStatus.Cancelled).Select(call => (Prose)$"{Inline.Quoted(call.Error ?? $"{call.ToolName} was stopped")}"));
        items.AddRange(scene.FailedCalls.Where(call => call.Status != ToolStatus.Cancelled).Select(call => (Prose)$"{Inline.Name(call.Tool)} {Fate(call.Status)}: {Inline.Quoted(call.Error ?? "no reason given")}"));
        items.AddRange(scene.Task.Failures.Select(failure => (Prose)$"{Inline.Quoted(failure)}"));
        items.AddRange(scene.Notes.Distinct().Select(note => (Prose)$"{Inline.Quoted(note)}"));
        if (scene.Verdict.Unavailable.Count > 0 && !scene.Notes.Exists(note => note.Contains("no analysis yet", StringComparison.Ordinal)))
            items.Add($"Not available yet in this version: {Inline.Quoted(string.Join("; ", scene.Verdict.Unavailable.Select(MissingData.Answers)))}.");
        if (items.Count == 0)
            return;
        scene.Writer.Heading("Not in this answer");
        scene.Writer.Bullets(items);
    }

    private static IEnumerable<Prose> Excluded(ReportWriter write, IReadOnlyList<Envelope> envelopes) =>
        from envelope in envelopes
        where envelope.At("/rows_excluded_by_reason") is { ValueKind: System.Text.Json.JsonValueKind.Object }
        from reason in envelope.At("/rows_excluded_by_reason")!.Value.EnumerateObject()
        select (Prose)$"{Inline.Name(envelope.Tool)} left out {LeftOut(write, envelope, "/rows_excluded_by_reason/" + JsonPointer.Escape(reason.Name))}: {Inline.Quoted(reason.Name.Replace('_', ' '))}.";

    private static Inline LeftOut(ReportWriter write, Envelope envelope, string at) =>
        Cells.Counted(write.Count(envelope, at, "requests"), envelope.Number(at), "row", "rows");

    private static Inline Grades(IReadOnlyList<Envelope> envelopes) => new(string.Join(", ", envelopes
        .GroupBy(one => one.Grade).OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => $"grade {group.Key} for {string.Join(", ", group.Select(one => one.Tool).Distinct().Select(tool => Inline.Name(tool).Markdown))}")));

    private static Inline ReadFrom(Plan plan) => plan.Slots.Period switch
    {
        { FromLogEnd: true } period => new Inline($" (\"{Inline.Quoted(period.Said)}\" counted from the end of the log, because the log holds nothing newer)"),
        { } period => new Inline($" (\"{Inline.Quoted(period.Said)}\")"),
        null => Inline.Words(" (the whole log)"),
    };

    private static Inline Fate(ToolStatus status) => Inline.Words(status switch
    {
        ToolStatus.Timeout => "did not answer in time",
        ToolStatus.Denied => "was not allowed",
        _ => "failed",
    });
}
