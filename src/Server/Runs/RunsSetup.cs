using Apex.Agents.Spending;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Server.Runs.SentLogs;
using Apex.Server.Runs.Waiting;
using Apex.Server.Runs.Spending;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Runs;

/// <summary>The door of the room in which messages become runs.</summary>
internal static class RunsSetup
{
    public static IServiceCollection AddRuns(this IServiceCollection services)
    {
        services.AddOptions<RunsOptions>();
        services.AddSingleton<RunQueue>();
        services.AddSingleton<CoreTurns>();
        services.AddSingleton<RunMetrics>();
        services.AddSingleton<RunAnswers>();
        services.AddSingleton<SentLogIntake>();
        services.AddSingleton<RunStarter>();
        services.AddSingleton<RunStopper>();
        services.AddSingleton<RunSteering>();
        services.AddSingleton<RunForker>();
        services.AddSingleton<RunHistory>();
        services.AddSingleton<RunRecovery>();
        services.AddSingleton<StoredRuns>();
        services.AddSingleton<RunWaker>();
        services.AddSingleton<ApprovalDecisions>();
        services.AddSingleton<RunWork>();
        services.AddSingleton<RunEvents>();
        services.AddSingleton<RunEventsEndpoint>();
        services.AddSingleton<ToolResults>();
        services.AddSingleton<ISpending, RunSpending>();
        services.AddSingleton<BudgetWaker>();
        services.AddSingleton<BudgetEndpoints>();
        services.AddSingleton<OwnLimitsEndpoint>();
        services.AddSingleton<RunExecutor>();
        services.AddStartupStep(
            StartupPhase.Services, "runs",
            (provider, cancellationToken) => provider.GetRequiredService<RunExecutor>().StartAsync(cancellationToken));
        services.AddBackgroundWork<WaitKeeper>("waiting runs");
        return services;
    }

    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        var threads = routes.MapGroup("/api/threads/{id}").RequireAuthorization();
        threads.MapPost("/messages", RunEndpoints.PostMessageAsync);
        threads.MapGet("/runs", RunEndpoints.ListAsync);
        threads.MapPost("/fork", RunEndpoints.ForkThreadAsync);

        routes.MapGet("/api/approvals", ApprovalEndpoints.ListAsync).RequireAuthorization();
        var own = routes.MapGroup("/api/me").RequireAuthorization();
        own.MapGet("/limits", (OwnLimitsEndpoint endpoint, HttpContext http) => endpoint.GetAsync(http));
        own.MapGet("/budgets", (BudgetEndpoints endpoints, HttpContext http) => endpoints.GetOwnAsync(http));
        var budgets = routes.MapGroup("/api/admin/budgets").RequireAuthorization(Roles.Admin);
        budgets.MapGet("", (BudgetEndpoints endpoints, HttpContext http) => endpoints.ListSettingsAsync(http));
        budgets.MapPut("", (BudgetSettingRequest request, BudgetEndpoints endpoints, HttpContext http) => endpoints.PutSettingAsync(request, http));

        var runs = routes.MapGroup("/api/runs/{id}").RequireAuthorization();
        runs.MapGet("", RunEndpoints.GetAsync);
        runs.MapGet("/events", (
            string id, long? after, [FromQuery(Name = "wait_ms")] int? waitMs, RunEventsEndpoint endpoint, HttpContext http) =>
            endpoint.GetAsync(id, after, waitMs, http));
        runs.MapGet("/approvals", ApprovalEndpoints.OfRunAsync);
        runs.MapGet("/approvals/{approvalId}", ApprovalEndpoints.GetAsync);
        runs.MapPost("/approvals/{approvalId}", ApprovalEndpoints.DecideAsync);
        runs.MapPost("/cancel", RunEndpoints.CancelAsync);
        runs.MapPost("/fork", RunEndpoints.ForkRunAsync);
        runs.MapGet("/results/{toolCallId}", RunEndpoints.GetResultAsync);
    }
}
