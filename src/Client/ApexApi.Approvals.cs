using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Client;

public sealed partial class ApexApi
{
    /// <summary>What the caller's runs have asked, newest first.</summary>
    /// <param name="all">Also what was decided or withdrawn.</param>
    public Task<ApprovalList> ListApprovalsAsync(bool all, CancellationToken cancellationToken) =>
        GetAsync("/api/approvals" + (all ? "?state=all" : ""), ApexJson.Default.ApprovalList, cancellationToken);

    /// <summary>Decides what a run asked; refused with <c>already_decided</c> when somebody was first.</summary>
    public Task<ApprovalView> DecideAsync(RunId run, ApprovalId approval, DecideRequest decision, CancellationToken cancellationToken) =>
        PostAsync(
            $"/api/runs/{Escape(run.Value)}/approvals/{Escape(approval.Value)}", decision, ApexJson.Default.DecideRequest,
            ApexJson.Default.ApprovalView, cancellationToken);
}
