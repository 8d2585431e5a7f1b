using System.Text.RegularExpressions;
using Apex.Agents.Approvals;
using Apex.Agents.ChatModels;
using Apex.Agents.Planning;
using Apex.Agents.Reports;
using Apex.Agents.Spending;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Usage.Events;
using Microsoft.Extensions.AI;

namespace Apex.Agents.Conversing;

/// <summary>
/// One question put to models: the one loop in which they call tools and write. Goes on with the next model from where the one
/// before it failed, with the results that were fetched meanwhile.
/// </summary>
internal sealed partial class Conversation(
    SubagentTask task, TriageVerdict verdict, ISubagentWork work, ToolCatalogue tools, OwnCalls own, ISpending spending, ApprovalPolicy policy, TimeProvider time)
{
    private const int MaxTurns = 6;
    private const int MaxCallsPerTurn = 6;
    private const int MaxCalls = 12;

    private readonly List<AskedCall> _calls = [.. AskedCall.Earlier(task.Calls)];
    private readonly List<ToolCallResult> _results = [.. task.Calls];
    private readonly IReadOnlyList<DateTimeOffset> _dates = ReportScene.DatesOf(verdict);
    private readonly IAgentTool[] _offered = Offered(tools, task, verdict, policy);
    private int _asked;
    private int _turn;
    private long _inputTokens;
    private long _outputTokens;
    private NanoDollars _cost;
    private IReservedSpending? _reserved;
    private decimal? _mostUsd;

    public ModelUsage Usage => new(_inputTokens, _outputTokens, _cost.Dollars);

    /// <summary>What was left out of the last answer, for the report to say.</summary>
    public IReadOnlyList<string> Notes { get; private set; } = [];

    /// <returns>The answer, every number of it found in a result; null when nothing of it held.</returns>
    /// <exception cref="ModelFaultException">The model did not answer.</exception>
    /// <exception cref="RunCapException">The run may not use more tokens.</exception>
    public async Task<string?> AskAsync(ChatModel model, CancellationToken cancellationToken)
    {
        var rules = ModelPrompt.System(verdict, time.GetUtcNow());
        try
        {
            return await TalkAsync(model, new ContextWindow(model.Options, rules, task.Run.Question), cancellationToken);
        }
        catch (ModelFaultException tooLong) when (tooLong.Kind == ModelFaultKind.ContextTooLong)
        {
            // Our estimate was off for this model's tokens: half of it is safe, or nothing is.
            return await TalkAsync(model, new ContextWindow(model.Options, rules, task.Run.Question, shrink: 0.5), cancellationToken);
        }
    }

    private async Task<string?> TalkAsync(ChatModel model, ContextWindow window, CancellationToken cancellationToken)
    {
        if (!window.Fits)
            throw new ModelFaultException(ModelFaultKind.ContextTooLong);
        var described = window.Tools(_offered);
        var since = new List<ChatMessage>();
        var mayRewrite = true;
        for (var turn = 1; ; turn++)
        {
            var mustAnswer = turn >= MaxTurns || _asked >= MaxCalls;
            IReadOnlyList<ChatMessage> said = mustAnswer ? [.. since, new ChatMessage(ChatRole.User, ModelPrompt.Conclude)] : since;
            var draft = new CheckedDraft(new ModelFigures(_results, task.Run.Question, _dates), time, work.ShowDraft);
            var question = new ModelQuestion(window.Messages(task.Run.History, _calls, said, described), described, mustAnswer);
            var reply = await work.AwaitAsync(
                token => model.AskAsync(question, draft, begin => ReserveAsync(model, question, begin), NoteAsync, token), cancellationToken);

            if (reply.Calls.Count > 0 && !mustAnswer)
            {
                draft.StartOver();
                await CallAsync(model, reply.Calls, cancellationToken);
                continue;
            }

            var text = draft.Finish();
            if (draft.Faults.Count == 0 || !mayRewrite || mustAnswer)
            {
                Notes = NotesOn(model, reply, draft, text);
                return text.Length > 0 ? text : null;
            }

            mayRewrite = false;
            await work.ThinkAsync("Some sentences held numbers that no result holds; they are to be written again.", "checking figures", cancellationToken);
            since = [new ChatMessage(ChatRole.Assistant, reply.Text), new ChatMessage(ChatRole.User, ModelPrompt.Rewrite(draft.Faults))];
        }
    }

    private async Task CallAsync(ChatModel model, IReadOnlyList<FunctionCallContent> wanted, CancellationToken cancellationToken)
    {
        _turn++;
        var (made, refused) = (new List<FunctionCallContent>(), new List<AskedCall>());
        foreach (var call in wanted)
            if (RefusalOf(call, made.Count) is { } refusal)
                refused.Add(new AskedCall(_turn, new ToolCallResult($"refused_{_turn}_{refused.Count}", SafeName(call.Name), ToolStatus.Denied, null, refusal), default));
            else
                made.Add(call);

        _asked += made.Count + refused.Count;
        if (made.Count > 0)
        {
            await work.ThinkAsync($"{model.Name} asks for {string.Join(", ", made.Select(call => call.Name).Distinct())}.", "asking tools", cancellationToken);
            var arguments = made.Select(ToolCallArguments.ToElement).ToArray();
            var results = await work.CallToolsAsync([.. made.Zip(arguments, (call, argument) => (call.Name, argument))], cancellationToken);
            _results.AddRange(results);
            _calls.AddRange(results.Zip(arguments, (result, argument) => new AskedCall(_turn, result, argument)));
        }

        _calls.AddRange(refused);
    }

    /// <summary>Only what was offered is called: a model cannot reach a tool that changes something by knowing its name.</summary>
    private string? RefusalOf(FunctionCallContent call, int madeInTurn)
    {
        if (!_offered.Any(tool => tool.Description.Name == call.Name))
            return $"There is no such tool; there are: {string.Join(", ", _offered.Select(tool => tool.Description.Name))}.";
        if (call.Exception is not null)
            return "The arguments are no JSON object.";
        return madeInTurn >= MaxCallsPerTurn || _asked + madeInTurn >= MaxCalls ? "Too many calls; answer from the results that are there." : null;
    }

    private async ValueTask ReserveAsync(ChatModel model, ModelQuestion question, CancellationToken cancellationToken)
    {
        var (tokens, usd) = await own.MostAsync(task.Run, model, question, cancellationToken);
        if (task.Run.Control.Tokens is var used && used + tokens > task.Run.Caps.Tokens)
            throw new RunCapException(task.Run.Caps.TooManyTokens(used, tokens), task.Run.Caps.Tier);
        _mostUsd = usd;
        _reserved = await spending.ReserveAsync(task.Run, tokens, usd, cancellationToken);
    }

    private async ValueTask NoteAsync(ModelAttempt attempt)
    {
        // A server that never answered has charged nothing, and its log would only tell of the network.
        var wasReached = attempt is not
        {
            FirstToken: null, Fault.Kind: ModelFaultKind.Unreachable or ModelFaultKind.NotFound or ModelFaultKind.Unauthorized,
        };
        var cost = wasReached ? await own.RecordAsync(task.Run, attempt) : null;
        var tokens = wasReached ? attempt.Tokens.InputTotal + attempt.Tokens.OutputTotal : 0;
        if (Interlocked.Exchange(ref _reserved, null) is { } reserved)
            // What was asked has a price, and what answered has none that is known: the call was not free, so all that was set aside counts.
            await reserved.SettleAsync(tokens, cost?.Dollars ?? (tokens > 0 ? _mostUsd ?? 0 : 0));
        if (!wasReached)
            return;
        task.Run.Control.NoteTokens(tokens);
        _inputTokens += attempt.Tokens.InputTotal;
        _outputTokens += attempt.Tokens.OutputTotal;
        _cost += cost ?? NanoDollars.Zero;
    }

    private static List<string> NotesOn(ChatModel model, ModelTurn reply, CheckedDraft draft, string text)
    {
        var notes = new List<string>();
        if (text.Length == 0)
            notes.Add($"`{model.Name}` gave no answer whose figures could be traced.");
        else if (draft.Faults.Count > 0)
            notes.Add($"Sentences of `{model.Name}` were left out, because no result holds a number in them.");
        if (reply.IsCut)
            notes.Add($"The answer of `{model.Name}` ends early: it reached its limit of tokens.");
        return notes;
    }

    /// <summary>
    /// Tools that change nothing and are open to the run's user, the most fitting first: those the run used, those of the question's kind, the user's own, the rest.
    /// The ranking is left out: it takes whole results of other tools, and the agent of actions made it.
    /// </summary>
    private static IAgentTool[] Offered(ToolCatalogue tools, SubagentTask task, TriageVerdict verdict, ApprovalPolicy policy)
    {
        var analyses = AnalysisCatalogue.All.Select(one => one.Tool).ToHashSet(StringComparer.Ordinal);
        var used = task.Calls.Select(call => call.ToolName);
        var chain = (verdict.Plan?.Intents ?? []).SelectMany(AnalysisCatalogue.ChainOf).Select(one => one.Tool);
        return
        [
            .. used.Concat(chain).Concat(tools.Names.Where(name => !analyses.Contains(name))).Concat(tools.Names).Distinct()
                .Where(name => name is not (ToolNames.RankActions or ToolNames.Sufficiency))
                .Select(tools.Find).OfType<IAgentTool>()
                .Where(tool => tool.Description.Effect is ToolEffect.Pure or ToolEffect.Idempotent
                    && !policy.IsClosed(tool.Description, task.Run.Tier, task.Run.Role)),
        ];
    }

    private static string SafeName(string name) => ToolName().IsMatch(name) ? name : "unknown_tool";

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,64}\z")]
    private static partial Regex ToolName();
}
