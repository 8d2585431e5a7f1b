using System.Text.Json;
using Apex.Agents;
using Apex.Agents.ChatModels;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Server;
using Apex.Server.Limits;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>
/// The real server with the page, and with a tool that works until the test lets it go: so a run is in the middle for as long as a test has
/// something to do there, however slow the machine is.
/// </summary>
internal sealed class HeldServer : IAsyncDisposable
{
    public const string Agent = "by_hand";
    public const string Tool = "measure_by_hand";

    private readonly HeldTool _tool;

    private HeldServer(ApexTestServer server, HeldTool tool)
    {
        Server = server;
        _tool = tool;
    }

    public ApexTestServer Server { get; }

    public int Port => Server.Address.Port;

    /// <param name="models">Asked in this order; none: the planner answers alone.</param>
    public static async Task<HeldServer> StartAsync(params ChatModelOptions[] models)
    {
        var tool = new HeldTool();
        var server = await ApexTestServer.StartAsync(
            options => new ApexServerOptions
            {
                DataFolder = options.DataFolder,
                Port = 0,
                PageFolder = PageSteps.Administrator["APEX_PAGE"],
                Durability = options.Durability,
                AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
                AdminEmail = PageSteps.Email,
                AdminPassword = PageSteps.Password,
                Models = models,
                // No run ends for want of time while the test does what it does.
                Tiers = Enum.GetValues<Tier>().ToDictionary(
                    tier => tier,
                    _ => new TierLimits(1_000, 100, 50, 2, 20, TimeSpan.FromHours(1), null, TimeSpan.FromDays(1)) { Budget = Budget }),
            },
            builder => builder.Services.AddSingleton<IAgentTool>(tool).AddSubagent<HeldAgent>());
        return new HeldServer(server, tool);
    }

    /// <summary>What every tier may spend: enough for a few answers.</summary>
    private static BudgetAllowance Budget => new(1, 10, 500_000, 5_000_000);

    /// <summary>Every call of the tool ends, also those to come.</summary>
    public void LetGo() => _tool.LetGo();

    /// <summary>Asks, and waits until the tool is at work before the user's eyes.</summary>
    public static async Task AskUntilHeldAsync(IPage page, string question)
    {
        await page.GetByTestId("composer").FillAsync(question);
        await page.GetByTestId("send").ClickAsync();
        await Expect(page.GetByTestId($"tool-{Tool}").Last).ToHaveAttributeAsync("data-status", "running");
    }

    public async ValueTask DisposeAsync()
    {
        LetGo();
        await Server.DisposeAsync();
    }

    private sealed class HeldTool : IAgentTool
    {
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ToolDescription Description { get; } = new(
            Tool, "Measures by hand what no log holds.", Json("""{"type":"object"}"""), ToolEffect.Pure, TimeSpan.FromHours(1));

        public void LetGo() => _go.TrySetResult();

        public async Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            await _go.Task.WaitAsync(cancellationToken);
            return Json("""{"measured":true}""");
        }
    }

    private sealed class HeldAgent : ISubagent
    {
        public string Name => Agent;

        public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
        {
            var measured = await work.CallToolAsync(Tool, Json("{}"), cancellationToken);
            return new SubagentFindings(measured.Status == ToolStatus.Success ? "It was measured." : "It could not be measured.", Json("{}"));
        }
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
