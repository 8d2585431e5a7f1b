using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Apex.Agents;
using Apex.Agents.Approvals;
using Apex.Agents.Execution;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>What users do about what runs ask.</summary>
internal static class ApprovalSteps
{
    public static async Task<RunId> AskAsync(HttpClient user) =>
        (await user.AskAsync((await user.NewThreadAsync()).Id, "What are we spending?")).RunId;

    /// <summary>The one thing the run asks.</summary>
    public static async Task<ApprovalView> PendingAsync(HttpClient user, RunId run)
    {
        IReadOnlyList<ApprovalView> pending = [];
        await Eventually.HoldsAsync(
            async () => (pending = [.. (await user.GetAsync("/api/approvals", ApexJson.Default.ApprovalList)).Approvals.Where(one => one.RunId == run)]).Count > 0,
            "the run asks its user");
        return Assert.Single(pending);
    }

    public static Task WaitsAsync(HttpClient user, RunId run, RunNeed? needs = null) => Eventually.HoldsAsync(
        async () => await user.RunAsync(run) is { State: RunState.Waiting } waiting && (needs is null || waiting.Needs == needs), "the run waits");

    public static Task<HttpResponseMessage> PostAsync(HttpClient user, ApprovalView asked, DecideRequest decision) =>
        user.PostAsJsonAsync($"/api/runs/{asked.RunId}/approvals/{asked.Id}", decision, ApexJson.Default.DecideRequest);

    public static async Task<ApprovalView> DecideAsync(HttpClient user, ApprovalView asked, DecideRequest decision)
    {
        using var reply = await PostAsync(user, asked, decision).Within();
        return await reply.ReadAsync(ApexJson.Default.ApprovalView);
    }
}

/// <summary>A sub-agent that signs papers, and the tool that does it: an effect nobody can take back.</summary>
internal sealed class Signer : ISubagent, IAgentTool
{
    private readonly ConcurrentQueue<string> _signed = new();

    public IReadOnlyList<string> Papers { get; init; } = ["Lease"];

    /// <summary>Set: what is signed depends on the run, as with a sub-agent that a model drives.</summary>
    public Func<RunContext, IReadOnlyList<string>>? PapersOf { get; init; }

    /// <summary>Asks its user which paper.</summary>
    public bool Asks { get; init; }

    /// <summary>Done when the papers are signed, or not.</summary>
    public Func<ISubagentWork, Task>? Afterwards { get; init; }

    public TimeSpan ExpiresAfter { get; init; } = TimeSpan.FromHours(1);

    public IReadOnlyCollection<string> Signed => _signed;

    /// <summary>Who works in every run, also over an empty log.</summary>
    public string Name => SubagentNames.DataHelper;

    public ToolDescription Description { get; } = new(
        "sign", "Signs a paper.",
        JsonDocument.Parse("""{"type":"object","additionalProperties":false,"required":["what"],"properties":{"what":{"type":"string"}}}""").RootElement,
        ToolEffect.Once, TimeSpan.FromSeconds(30));

    public Task<ApexTestServer> StartAsync(Action<IServiceCollection>? more = null) => ApexTestServer.StartAsync(configure: builder =>
    {
        builder.Services.Configure<AgentsOptions>(agents => agents.Approvals = new ApprovalPolicy { ExpiresAfter = ExpiresAfter });
        builder.Services.AddSingleton<IAgentTool>(this);
        builder.Services.AddSingleton<ISubagent>(this);
        more?.Invoke(builder.Services);
    });

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        await work.ThinkAsync("There are papers to sign.", "signing", cancellationToken);
        var papers = PapersOf?.Invoke(task.Run) ?? Papers;
        if (Asks)
        {
            var schema = JsonDocument.Parse(
                """{"type":"object","required":["paper"],"properties":{"paper":{"type":"string","title":"Paper","enum":["Lease","Will"]}}}""").RootElement;
            var answer = await work.AskAsync(new Question("What shall be signed?", schema), cancellationToken);
            papers = answer.Answer is { } said ? [said.GetProperty("paper").GetString()!] : [];
        }

        var results = await work.CallToolsAsync(
            [.. papers.Select(paper => ("sign", JsonSerializer.SerializeToElement(new { what = paper })))], cancellationToken);
        await (Afterwards?.Invoke(work) ?? Task.CompletedTask);
        var signed = results.Count(result => result.Status == ToolStatus.Success);
        return new SubagentFindings($"{signed} of {papers.Count} signed.", JsonDocument.Parse("""{"calls":[],"notes":[]}""").RootElement);
    }

    public Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
    {
        _signed.Enqueue(invocation.Arguments.GetProperty("what").GetString()!);
        return Task.FromResult(JsonDocument.Parse("""{"signed":true}""").RootElement);
    }
}
