using Apex.Agents.ChatModels;
using Apex.Agents.Execution;
using Apex.Agents.Spending;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Microsoft.Extensions.Options;

namespace Apex.Agents.Conversing;

/// <summary>
/// Has a chat model answer in words, from the results that the other sub-agents fetched and those it asks for itself. When no model
/// answers it says why, and the report is the planner's: a model can make an answer better, and cannot keep one from being given.
/// </summary>
internal sealed class ConversationAgent(
    ChatModelOrder models, ToolCatalogue tools, OwnCalls own, ISpending spending, IOptions<AgentsOptions> options, TimeProvider time) : ISubagent
{
    public string Name => SubagentNames.Conversation;

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        if (TriageFindings.Of(task) is not { Refusal: null } verdict)
            return Findings(new ModelAnswer(null, null, [], new(0, 0, 0)), "There was nothing to converse about.");

        var conversation = new Conversation(task, verdict, work, tools, own, spending, options.Value.Approvals, time);
        var notes = new List<string>();
        var first = models.IsEmpty ? null : models.All[0].Name;
        using var limit = new TimeLimit(TimeLeft(task.Run), time, cancellationToken);
        foreach (var model in models.All)
        {
            await work.ThinkAsync($"Asking {model.Name} to answer from the results.", "conversing", cancellationToken);
            try
            {
                var text = await conversation.AskAsync(model, limit.Token);
                notes.AddRange(conversation.Notes);
                if (text is not null)
                    return Findings(
                        new ModelAnswer(text, model.Name, notes, conversation.Usage, model.Name == first ? null : first), $"{model.Name} answered.");
            }
            catch (ModelFaultException fault)
            {
                notes.Add($"`{model.Name}` did not answer: {fault.Message}.");
            }
            catch (RunCapException full)
            {
                notes.Add(full.Note);
                await work.ThinkAsync(full.Message, "conversing", cancellationToken);
                break;
            }
            catch (OperationCanceledException) when (limit.HasPassed && !cancellationToken.IsCancellationRequested)
            {
                notes.Add($"`{model.Name}` did not answer in the time that the run had.");
                break;
            }

            await work.ThinkAsync(notes[^1], "conversing", cancellationToken);
        }

        return Findings(new ModelAnswer(null, null, notes, conversation.Usage, first), "No model answered; the answer is the planner's.");
    }

    /// <summary>Early enough that the step ends by itself, before it would be ended.</summary>
    private TimeSpan TimeLeft(RunContext run)
    {
        var fifth = (run.Deadline - run.StartedAt) / 5;
        var reserve = options.Value.ReportingReserve < fifth ? options.Value.ReportingReserve : fifth;
        return run.Deadline - time.GetUtcNow() - (reserve * 1.5);
    }

    private static SubagentFindings Findings(ModelAnswer answer, string summary) => new(summary, answer.ToJson());
}
