using System.Collections.Concurrent;
using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Protocol.Reports;

namespace Apex.Server.Tests.Runs;

/// <summary>A supervisor whose runs do what the test says, so that every way a run can end can be had at will.</summary>
internal sealed class ScriptedSupervisor(Func<RunContext, IToolLedger, CancellationToken, IAsyncEnumerable<AgentOutput>> script)
    : ISupervisor
{
    /// <summary>Every context a run was begun or gone on with, in order.</summary>
    public ConcurrentQueue<RunContext> Contexts { get; } = new();

    public IAsyncEnumerable<AgentOutput> RunAsync(RunContext context, IToolLedger ledger, CancellationToken cancellationToken)
    {
        Contexts.Enqueue(context);
        return script(context, ledger, cancellationToken);
    }

    public static AgentOutput.Said Started(RunContext context, Checkpoint? checkpoint = null) =>
        new(new AgentStarted(context.Question, Attempt: context.Attempt) { AgentName = "Supervisor" }, checkpoint);

    public static AgentOutput.Said Thought(string thought) =>
        new(new AgentThinking(thought, 1, 1, 50, 100, "testing") { AgentName = "Supervisor" });

    public static AgentOutput.Said Calls(string toolCallId, string tool = "cost_breakdown") => new(
        new ToolExecuting(
            tool, toolCallId, "to test", JsonDocument.Parse("{}").RootElement, ToolCategory.General, DurationClass.Short, 10, ToolEffect.Pure)
        {
            AgentName = "Supervisor",
        });

    public static AgentOutput.Said Answers(string toolCallId, JsonElement result, string tool = "cost_breakdown") =>
        new(new ToolCompleted(tool, toolCallId, ToolStatus.Success, 5, result) { AgentName = "Supervisor" });

    public static AgentOutput.Said Completed(RunContext context, string answer)
    {
        var report = new Report { Kind = ReportKind.Full, Title = "Test", Markdown = answer, Planner = "scripted" };
        var reply = new MessageView(
            MessageId.New(), context.Thread, MessageRole.Assistant, answer, context.StartedAt, context.Run, new MessageMetadata(report));
        return new AgentOutput.Said(
            new AgentCompleted(reply.Id, report, answer, answer, "completed", 1, new ModelUsage(0, 0, 0)) { AgentName = "Supervisor" },
            Reply: reply);
    }

    /// <summary>Answers at once.</summary>
    public static ScriptedSupervisor Answering() => new((context, _, _) => AnswerAsync(context));

    /// <summary>Says that it began and then waits until it is cancelled or let go; then it answers.</summary>
    public static ScriptedSupervisor Waiting(Task letGo) => new((context, _, ct) => WaitAsync(context, letGo, ct));

    private static async IAsyncEnumerable<AgentOutput> AnswerAsync(RunContext context)
    {
        yield return Started(context);
        yield return Thought("Thinking about " + context.Question);
        await Task.Yield();
        yield return Completed(context, "Answer to: " + context.Question);
    }

    private static async IAsyncEnumerable<AgentOutput> WaitAsync(
        RunContext context, Task letGo, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return Started(context);
        await letGo.WaitAsync(cancellationToken);
        yield return Completed(context, "Answer to: " + context.Question);
    }
}
