using Apex.Agents.Execution;
using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Agents.Subagents;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Order;
using Apex.Protocol.Reports;

namespace Apex.Agents.Tests.House;

/// <summary>Everything a run said, held against the legal order of events while it was said.</summary>
internal sealed class RecordedRun
{
    private RecordedRun(RunContext context) => Context = context;

    public RunContext Context { get; }

    /// <summary>How the question was understood, as the reply keeps it.</summary>
    public TriageVerdict? Verdict => Reply?.Metadata?.Plan is { } plan ? TriageVerdict.Read(plan) : null;

    public List<ApexEvent> Events { get; } = [];

    /// <summary>Transient frames, in the order offered.</summary>
    public List<ServerFrame> Frames { get; } = [];

    public List<Checkpoint> Checkpoints { get; } = [];

    /// <summary>What another process would go on from.</summary>
    public IReadOnlyList<System.Text.Json.JsonElement> States => [.. Checkpoints.Select(checkpoint => checkpoint.State)];

    public MessageView? Reply { get; private set; }

    /// <summary>What the user was asked, in the order asked.</summary>
    public List<ApprovalView> Asked { get; } = [];

    /// <summary>Why the run was let go; null when it ended.</summary>
    public RunPause? Pause { get; private set; }

    /// <summary>What ended the stream before its time; null when it ended by itself.</summary>
    public Exception? Fault { get; private set; }

    public AgentCompleted Completed => Assert.IsType<AgentCompleted>(Events[^1]);

    public Report Report => Completed.Result;

    public IReadOnlyList<string> Types => [.. Events.Select(EventTypes.Of)];

    public IReadOnlyList<string> Tools => [.. Events.OfType<ToolCompleted>().Select(tool => tool.ToolName)];

    public IReadOnlyList<string> Agents => [.. Events.OfType<SubagentStarted>().Select(started => started.AgentName!)];

    public static async Task<RecordedRun> OfAsync(
        IAsyncEnumerable<AgentOutput> outputs, RunContext context, RunOrder? order = null, Func<ApexEvent, bool>? stopAt = null,
        Action<ApexEvent>? onEvent = null)
    {
        var run = new RecordedRun(context);
        order ??= new RunOrder();
        try
        {
            await foreach (var output in outputs)
            {
                if (output is AgentOutput.Hinted hinted)
                    run.Frames.Add(hinted.Frame);
                if (output is AgentOutput.Paused paused)
                    run.Pause = paused.Pause;
                if (output is not AgentOutput.Said said)
                    continue;
                var fault = order.Accept(said.Event);
                Assert.True(fault is null, fault?.Message);
                Assert.Equal(context.Run, said.Event.RunId);
                Assert.Equal(context.User, said.Event.Context!.UserId);
                Assert.False(string.IsNullOrEmpty(said.Event.AgentName));
                run.Events.Add(said.Event);
                if (said.Checkpoint is { } checkpoint)
                    run.Checkpoints.Add(checkpoint);
                run.Reply = said.Reply ?? run.Reply;
                if (said.Asked is { } asked)
                    run.Asked.Add(asked);
                onEvent?.Invoke(said.Event);
                if (stopAt?.Invoke(said.Event) == true)
                    break;
            }
        }
        catch (Exception fault) when (fault is not Xunit.Sdk.XunitException)
        {
            run.Fault = fault;
        }

        if (run.Events is [AgentStarted, .., AgentCompleted])
        {
            // The feed stamps what it stores; here the machine's clock does, and it may be set back at any time.
            Assert.DoesNotContain(
                RunChecker.Check(run.Events.Select(run.Numbered), run.Completed.Timestamp), found => found.Kind != RunFaultKind.Clock);
        }

        return run;
    }

    /// <summary>As the feed numbers what it stores.</summary>
    private ApexEvent Numbered(ApexEvent said, int index) =>
        said with { EventId = $"{Context.Run}:{index + 1}", Seq = index + 1, RunSeq = index + 1 };

    /// <summary>Tool calls with their results, as reporting saw them.</summary>
    public IReadOnlyList<ToolCallResult> Calls =>
        [.. Events.OfType<ToolCompleted>().Select(tool => new ToolCallResult(tool.ToolCallId, tool.ToolName, tool.Status, tool.Result, tool.Error))];

    /// <summary>Every number of the answer, in both of its forms, is held by an envelope.</summary>
    public void AssertEveryFigureIsHeld(params IReadOnlyList<DateTimeOffset> dates)
    {
        Assert.Null(Fault);
        var period = Verdict?.Plan?.Slots.Period;
        // What earlier questions restricted this one to may be repeated, as the question itself may.
        var said = string.Join('\n', [Context.Question, .. Verdict?.Plan?.Slots.Filters.Select(filter => filter.Said) ?? []]);
        var evidence = new EvidenceIndex(Calls, said, [.. dates, .. period is null ? Array.Empty<DateTimeOffset>() : [period.From, period.To]]);
        var figures = Report.Figures.ToDictionary(figure => figure.Id);
        Assert.Empty(FigureChecker.Check(Report.Markdown, figures, evidence));
        Assert.Empty(FigureChecker.Check(Completed.FinalResponse, figures, evidence));
        Assert.Empty(Report.Charts.SelectMany(chart => FigureChecker.Check(chart, evidence)));
        Assert.DoesNotContain("](#", Completed.FinalResponse, StringComparison.Ordinal);
    }
}
