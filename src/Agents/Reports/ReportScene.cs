using Apex.Agents.Conversing;
using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Agents.Subagents;
using Apex.Protocol.Events;

namespace Apex.Agents.Reports;

/// <summary>What a report is written from: the plan, the envelopes by the part they play, and what went wrong.</summary>
internal sealed class ReportScene
{
    private readonly Dictionary<string, Envelope> _byRole = new(StringComparer.Ordinal);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    public ReportScene(SubagentTask task, TriageVerdict verdict)
    {
        (Task, Verdict) = (task, verdict);
        var calls = task.Calls.ToDictionary(call => call.ToolCallId, StringComparer.Ordinal);
        var failed = new List<RoleCall>();
        foreach (var step in task.Earlier.Values.Select(found => StepFindings.Read(found.Content)))
        {
            Notes.AddRange(step.Notes);
            foreach (var role in step.Calls)
                if (calls.TryGetValue(role.ToolCallId, out var call) && Envelope.Of(call) is { } envelope)
                    _byRole[role.Role] = envelope;
                else
                    failed.Add(role);
        }

        FailedCalls = failed;
        Answer = task.Earlier.TryGetValue(SubagentNames.Conversation, out var said) ? ModelAnswer.Read(said.Content) : null;
        Dates = DatesOf(verdict);
        Writer = new ReportWriter(new EvidenceIndex(task.Calls, Said(), Dates));
    }

    public SubagentTask Task { get; }

    public TriageVerdict Verdict { get; }

    /// <summary>Null only for a refused question, which is answered without a scene.</summary>
    public Plan Plan => Verdict.Plan ?? new Plan([Intent.Unknown], PlanSlots.None);

    /// <summary>What came of asking chat models; null where there are none.</summary>
    public ModelAnswer? Answer { get; }

    public bool HasModelText => Answer?.Text is not null;

    public ReportWriter Writer { get; }

    /// <summary>Sentences of working sub-agents on what is missing.</summary>
    public List<string> Notes { get; } = [];

    public IReadOnlyList<RoleCall> FailedCalls { get; }

    /// <summary>Dates a report may name beside the envelopes' own.</summary>
    public IReadOnlyList<DateTimeOffset> Dates { get; }

    public bool HasEvidence => _byRole.Count > 0;

    /// <summary>Every envelope that answered, in the order of the calls.</summary>
    public IReadOnlyList<Envelope> Envelopes =>
        [.. Task.Calls.Where(call => call.Status == ToolStatus.Success).Select(Envelope.Of).OfType<Envelope>()];

    /// <summary>
    /// What may be repeated though no envelope holds it: the question, what earlier questions of the thread restricted it to, the
    /// names of models that were asked, and how far imports are.
    /// </summary>
    private string Said() => $"{Task.Run.Question}\n{Repeatable(Plan, Answer)}\n{ImportWords.Of(Verdict.Imports)}";

    /// <summary>Of <see cref="Said"/> all but the question.</summary>
    public static string Repeatable(Plan? plan, ModelAnswer? answer) =>
        string.Join('\n', [.. plan?.Slots.Filters.Select(filter => filter.Said) ?? [], answer?.Model, .. answer?.Notes ?? []]);

    /// <summary>The log's extent and the period asked for: dates between them may be named.</summary>
    public static IReadOnlyList<DateTimeOffset> DatesOf(TriageVerdict verdict)
    {
        IReadOnlyList<DateTimeOffset> dates = verdict.Log is { } log ? [log.First, log.Last] : [];
        if (verdict.Plan?.Slots.ChangeDate is { } change)
            dates = [.. dates, change];
        return verdict.Plan?.Slots.Period is { } period ? [.. dates, period.From, period.To, period.To.AddTicks(-1)] : dates;
    }

    /// <summary>What answered, by the part it plays, in the order of the calls.</summary>
    public IEnumerable<KeyValuePair<string, Envelope>> ByRole => _byRole.OrderBy(one => Order(one.Value.CallId));

    private int Order(string callId) => Task.Calls.Select((call, index) => (call.ToolCallId, index)).First(one => one.ToolCallId == callId).index;

    /// <summary>Keeps in mind what stands in the headline, which no section says again.</summary>
    public void Tell(IEnumerable<Prose> sentences) => _told.UnionWith(sentences.Select(sentence => sentence.ToString()));

    public bool IsTold(Prose words) => _told.Any(sentence => sentence.Contains(words.ToString(), StringComparison.Ordinal));

    public Envelope? Find(string role) => _byRole.GetValueOrDefault(role);
}
