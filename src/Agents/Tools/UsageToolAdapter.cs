using System.Text.Json;
using Apex.Protocol.Events;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools;

namespace Apex.Agents.Tools;

/// <summary>Lets agents call an analysis over the usage log of the run's organisation. The result is the analysis' envelope.</summary>
internal sealed class UsageToolAdapter(
    IUsageTool tool, IUsageLog log, IPriceBooks prices, TimeProvider time, TimeSpan timeout) : IAgentTool
{
    public ToolDescription Description { get; } = new(
        tool.Name, tool.Purpose, tool.ArgumentsSchema, ToolEffect.Pure, timeout, CategoryOf(tool.Name), TimeSpan.FromMilliseconds(200),
        TimeoutSetting: "Agents:AnalysisTimeout");

    public async Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
    {
        var organisation = invocation.Run.OrganisationId;
        var book = await prices.GetAsync(organisation, cancellationToken);
        var request = new ToolRequest(
            new TenantId(organisation), invocation.Arguments, new UsageLogInTurn(log, invocation.Strand), book, time.GetUtcNow(),
            invocation.Progress);
        try
        {
            var envelope = await tool.RunAsync(request, cancellationToken);
            return JsonSerializer.SerializeToElement(envelope, UsageJson.Default.ResultEnvelope);
        }
        catch (ToolArgumentException refused)
        {
            throw new ToolFailedException(refused.Message, refused) { Fault = ToolFault.Invalid };
        }
        catch (UsageLogException locked) when (locked.Fault == UsageLogFault.InUse)
        {
            throw new ToolFailedException("The usage log is in use by another process.", locked) { Fault = ToolFault.Busy };
        }
    }

    private static ToolCategory CategoryOf(string name) => name switch
    {
        "data_quality" or "cost_reconcile" or "sufficiency" => ToolCategory.Verification,
        "cost_breakdown" => ToolCategory.DatabaseOperation,
        "prefix_cache_sim" or "pareto" or "rank_actions" => ToolCategory.PerformanceTuning,
        _ => ToolCategory.DataProcessing,
    };
}
