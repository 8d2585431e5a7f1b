using System.Diagnostics;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Storage.Records;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Runs.Waiting;

/// <summary>What runs ask, over HTTP: the same decisions as over the socket.</summary>
internal static class ApprovalEndpoints
{
    private const int MaxListed = 100;

    /// <param name="state"><c>pending</c>, the default, or <c>all</c>.</param>
    public static async Task<IResult> ListAsync(
        string? state, int? limit, HttpContext http, IRecords records, CancellationToken cancellationToken)
    {
        if (state is not (null or "pending" or "all"))
            return Problems.From(new Refusal(ErrorCode.InvalidArguments, $"state is '{state}'; it needs pending or all."));
        if (limit is < 1 or > MaxListed)
            return Problems.From(new Refusal(ErrorCode.InvalidArguments, $"limit is {limit}; it needs 1 to {MaxListed}."));
        var asked = await records.ListApprovalsAsync(
            http.GetPrincipal().User, run: null, pendingOnly: state != "all", limit ?? MaxListed, cancellationToken);
        return Results.Json(new ApprovalList(asked), ApexJson.Default.ApprovalList);
    }

    public static async Task<IResult> OfRunAsync(string id, HttpContext http, IRecords records, CancellationToken cancellationToken)
    {
        var (user, run) = (http.GetPrincipal().User, new RunId(id));
        if (await records.FindRunAsync(user, run, cancellationToken) is null)
            return RunEndpoints.NotFound(id);
        var asked = await records.ListApprovalsAsync(user, run, pendingOnly: false, MaxListed, cancellationToken);
        return Results.Json(new ApprovalList(asked), ApexJson.Default.ApprovalList);
    }

    public static async Task<IResult> GetAsync(string id, string approvalId, HttpContext http, IRecords records, CancellationToken cancellationToken) =>
        await records.FindApprovalAsync(http.GetPrincipal().User, new ApprovalId(approvalId), cancellationToken) is { } asked && asked.RunId.Value == id
            ? Results.Json(asked, ApexJson.Default.ApprovalView)
            : Problems.From(new Refusal(ErrorCode.NotFound, $"The run {id} has no approval {approvalId}."));

    public static async Task<IResult> DecideAsync(
        string id, string approvalId, DecideRequest body, HttpContext http, ApprovalDecisions decisions, CancellationToken cancellationToken) =>
        await decisions.DecideAsync(http.GetPrincipal().User, new RunId(id), new ApprovalId(approvalId), body, cancellationToken) switch
        {
            DecideOutcome.Decided decided => Results.Json(decided.Approval, ApexJson.Default.ApprovalView),
            DecideOutcome.Refused refused => Problems.From(refused.Why),
            _ => throw new UnreachableException(),
        };
}
