using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Agents.Tools;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting;

/// <summary>Runs analyses for reports, rules and the page: the same tools, log and prices as everybody else's.</summary>
internal sealed class Analyses(IUsageLog log, IPriceBooks prices, TimeProvider clock)
{
    /// <exception cref="ToolArgumentException">An argument is unknown, of the wrong type or out of range.</exception>
    public async Task<ResultEnvelope> RunAsync(
        string organisationId, IUsageTool tool, JsonElement arguments, CancellationToken cancellationToken)
    {
        var book = await prices.GetAsync(organisationId, cancellationToken);
        var request = new ToolRequest(new TenantId(organisationId), arguments, log, book, clock.GetUtcNow());
        return await tool.RunAsync(request, cancellationToken);
    }

    public Task<ResultEnvelope> RunAsync(string organisationId, string tool, JsonObject arguments, CancellationToken cancellationToken)
    {
        using var document = JsonDocument.Parse(arguments.ToJsonString());
        return RunAsync(
            organisationId, UsageTools.Find(tool) ?? throw new ArgumentException($"There is no tool {tool}.", nameof(tool)),
            document.RootElement.Clone(), cancellationToken);
    }
}
