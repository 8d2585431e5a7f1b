using System.Diagnostics;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Storage.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Apex.Server.Runs;

/// <summary>Messages and runs over HTTP: the same starter and stopper that serve the socket.</summary>
internal static class RunEndpoints
{
    private const int MaxListed = 100;

    public static async Task<IResult> PostMessageAsync(
        string id, PostMessageRequest body, HttpContext http, RunStarter starter, CancellationToken cancellationToken)
    {
        var request = new StartRequest(
            body.Content, MessageId.New().Value, new ThreadId(id), RunId: null, body.IdempotencyKey, body.WhenBusy, RequestId(http),
            Traceparent: http.Request.Headers.TraceParent);
        return Answer(await starter.StartAsync(http.GetPrincipal(), request, cancellationToken));
    }

    public static async Task<IResult> ForkThreadAsync(
        string id, ForkThreadRequest body, HttpContext http, RunForker forker, CancellationToken cancellationToken) =>
        Answer(await forker.ForkThreadAsync(http.GetPrincipal(), new ThreadId(id), body, RequestId(http), cancellationToken));

    public static async Task<IResult> ForkRunAsync(
        string id, ForkRunRequest body, HttpContext http, RunForker forker, CancellationToken cancellationToken) =>
        Answer(await forker.ForkRunAsync(http.GetPrincipal(), new RunId(id), body, RequestId(http), cancellationToken));

    public static async Task<IResult> ListAsync(
        string id, int? limit, HttpContext http, IRecords records, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > MaxListed)
            return Problems.From(new Refusal(ErrorCode.InvalidArguments, $"limit is {limit}; it needs 1 to {MaxListed}."));
        var user = http.GetPrincipal().User;
        if (await records.FindThreadAsync(user, new ThreadId(id), cancellationToken) is null)
            return Problems.From(new Refusal(ErrorCode.NotFound, $"There is no thread {id}."));

        var runs = await records.ListRunsAsync(user, new ThreadId(id), limit ?? MaxListed, cancellationToken);
        return Results.Json(new RunList([.. runs.Select(View)]), ApexJson.Default.RunList);
    }

    public static async Task<IResult> GetAsync(
        string id, HttpContext http, IRecords records, RunQueue queue, CancellationToken cancellationToken)
    {
        if (await records.FindRunAsync(http.GetPrincipal().User, new RunId(id), cancellationToken) is not { } run)
            return NotFound(id);
        var phase = run.EndedAt is null ? queue.Find(run.User, run.Id)?.Open.Phase : null;
        return Results.Json(View(run) with { Phase = phase?.AgentName, PhaseSince = phase?.Timestamp }, ApexJson.Default.RunView);
    }

    public static async Task<IResult> CancelAsync(
        string id,
        string? reason,
        [FromQuery(Name = "invocation_id")] string? invocationId,
        [FromQuery(Name = "tool_call_id")] string? toolCallId,
        HttpContext http,
        RunStopper stopper,
        IRecords records,
        CancellationToken cancellationToken)
    {
        var principal = http.GetPrincipal();
        var outcome = (toolCallId ?? invocationId) is { } part
            ? await stopper.StopPartAsync(principal, new RunId(id), part, reason, cancellationToken)
            : await stopper.StopAsync(principal.User, new RunId(id), reason, cancellationToken);
        if (outcome is StopOutcome.Refused refused)
            return Problems.From(refused.Why);
        return await records.FindRunAsync(principal.User, new RunId(id), cancellationToken) is { } run
            ? Results.Json(View(run), ApexJson.Default.RunView, statusCode: 202)
            : NotFound(id);
    }

    public static async Task<IResult> GetResultAsync(
        string id, string toolCallId, HttpContext http, IRecords records, ToolResults results, CancellationToken cancellationToken)
    {
        var principal = http.GetPrincipal();
        var run = new RunId(id);
        if (await records.FindRunAsync(principal.User, run, cancellationToken) is null)
            return NotFound(id);
        return await results.FindAsync(principal.OrganisationId, principal.User, run, toolCallId, cancellationToken) is { } json
            ? Results.Bytes(json, "application/json")
            : Problems.From(new Refusal(ErrorCode.NotFound, $"The run {id} keeps no result of {toolCallId}."));
    }

    public static IResult NotFound(string run) => Problems.From(new Refusal(ErrorCode.NotFound, $"There is no run {run}."));

    public static string RequestId(HttpContext http) => Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier;

    private static IResult Answer(StartOutcome outcome) => outcome switch
    {
        StartOutcome.Accepted accepted => Results.Json(Reply(accepted), ApexJson.Default.PostMessageReply, statusCode: 202),
        StartOutcome.Refused refused => Problems.From(refused.Why),
        _ => throw new UnreachableException(),
    };

    private static PostMessageReply Reply(StartOutcome.Accepted accepted) =>
        new(accepted.StoredAs ?? new MessageId(accepted.Reply.MessageId), accepted.Reply.ThreadId, accepted.Reply.RunId);

    private static RunView View(RunRecord run) =>
        new(run.Id, run.ThreadId, run.MessageId, run.State, run.CreatedAt, run.StartedAt, run.EndedAt, run.Reason, run.Fork?.Of, run.Fork?.Step, run.Needs,
        Traceparent: run.Traceparent);
}
