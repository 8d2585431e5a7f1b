using Apex.Protocol.Events;
using Apex.Protocol.Order;
using FsCheck;
using FsCheck.Fluent;

namespace Apex.Protocol.Tests.Order;

public sealed class RunOrderPropertyTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 15, 13, 0, 0, TimeSpan.Zero);
    private static readonly Config Thousand = Config.QuickThrowOnFailure.WithMaxTest(1_000);

    [Fact]
    public void Every_legal_run_is_accepted() =>
        Check((choices, _) => IsAccepted(LegalRuns.From(choices)) && RunChecker.Check(LegalRuns.From(choices), Now).Count == 0);

    [Fact]
    public void Every_legal_run_is_accepted_before_it_is_numbered() =>
        Check((choices, _) => IsAccepted(WithoutNumbers(LegalRuns.From(choices))));

    [Fact]
    public void A_run_that_lost_an_event_is_refused() =>
        Check((choices, at) =>
        {
            var events = LegalRuns.From(choices).ToList();
            events.RemoveAt(at % events.Count);
            return RunChecker.Check(events, Now).Count > 0;
        });

    [Fact]
    public void A_run_with_an_event_twice_is_refused() =>
        Check((choices, at) =>
        {
            var events = LegalRuns.From(choices).ToList();
            var doubled = at % events.Count;
            events.Insert(doubled + 1, events[doubled]);
            return !IsAccepted(events) && RunChecker.Check(events, Now).Count > 0;
        });

    [Fact]
    public void A_run_with_two_events_swapped_is_refused() =>
        Check((choices, at) =>
        {
            var events = LegalRuns.From(choices).ToList();
            var first = at % (events.Count - 1);
            (events[first], events[first + 1]) = (events[first + 1], events[first]);
            return !IsAccepted(events) && RunChecker.Check(events, Now).Count > 0;
        });

    [Fact]
    public void Nothing_is_accepted_after_the_end() =>
        Check((choices, at) =>
        {
            var events = LegalRuns.From(choices);
            return !IsAccepted(WithoutNumbers([.. events, events[at % events.Count]]));
        });

    [Fact]
    public void A_start_or_an_end_of_anything_twice_is_refused_whatever_its_number() =>
        Check((choices, at) =>
        {
            var events = LegalRuns.From(choices).ToList();
            var edges = events.Where(IsEdge).ToList();
            var doubled = edges[at % edges.Count];
            events.Insert(events.IndexOf(doubled) + 1, doubled);
            return !IsAccepted(WithoutNumbers(events));
        });

    [Fact]
    public void An_end_without_its_start_is_refused_whatever_its_number() =>
        Check((choices, at) =>
        {
            var events = LegalRuns.From(choices).ToList();
            var ended = events.Where(apexEvent => StartOf(events, apexEvent) is not null).ToList();
            if (ended.Count == 0)
                return true;
            events.Remove(StartOf(events, ended[at % ended.Count])!);
            return !IsAccepted(WithoutNumbers(events));
        });

    [Fact]
    public void A_refused_event_changes_nothing() =>
        Check((choices, at) =>
        {
            var events = LegalRuns.From(choices);
            var order = new RunOrder();
            foreach (var apexEvent in events)
            {
                if (order.Accept(events[at % events.Count] with { RunSeq = -1 }) is null || order.Accept(apexEvent) is not null)
                    return false;
            }

            return order.LastRunSeq == events.Count && order.HasEnded;
        });

    private static void Check(Func<int[], int, bool> property) =>
        FsCheck.Fluent.Prop.ForAll(
            ArbMap.Default.ArbFor<int[]>(),
            FsCheck.Fluent.Gen.Choose(0, 10_000).ToArbitrary(),
            (choices, at) => property(choices.Select(choice => choice * 7919).ToArray(), at)).Check(Thousand);

    private static bool IsAccepted(IEnumerable<ApexEvent> events)
    {
        var order = new RunOrder();
        return events.All(apexEvent => order.Accept(apexEvent) is null);
    }

    private static IEnumerable<ApexEvent> WithoutNumbers(IEnumerable<ApexEvent> events) =>
        events.Select(apexEvent => apexEvent with { RunSeq = null });

    private static bool IsEdge(ApexEvent apexEvent) => apexEvent is
        AgentStarted or SubagentStarted or SubagentCompleted or ToolExecuting or ToolCompleted or AgentCompleted or RunFailed
        or RunCancelled or ApprovalRequested or ApprovalDecided or RunPaused or RunResumed;

    private static ApexEvent? StartOf(List<ApexEvent> events, ApexEvent end) => end switch
    {
        ToolCompleted tool => events.OfType<ToolExecuting>().FirstOrDefault(start => start.ToolCallId == tool.ToolCallId),
        SubagentCompleted => events.OfType<SubagentStarted>()
            .FirstOrDefault(start => start.Context!.InvocationId == end.Context!.InvocationId),
        ApprovalDecided decided => events.OfType<ApprovalRequested>().First(asked => asked.ApprovalId == decided.ApprovalId),
        AgentCompleted => events.OfType<AgentStarted>().FirstOrDefault(),
        _ => null,
    };
}
