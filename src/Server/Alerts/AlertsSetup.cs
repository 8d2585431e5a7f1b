using Apex.Protocol.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Alerts;

/// <summary>The door of the room of alerts: rules that watch an organisation's log, and reports written from time to time.</summary>
internal static class AlertsSetup
{
    public static IServiceCollection AddAlerts(this IServiceCollection services)
    {
        services.AddSingleton<AlertBooks>();
        services.AddSingleton<AlertSignal>();
        services.AddSingleton<BudgetCheck>();
        services.AddSingleton<AnomalyCheck>();
        services.AddSingleton<DeprecationCheck>();
        services.AddSingleton<ScheduledReports>();
        services.AddSingleton<AlertEndpoints>();
        return services.AddBackgroundWork<AlertKeeper>("alert rules");
    }

    public static void MapAlerts(this IEndpointRouteBuilder routes)
    {
        var alerts = routes.MapGroup("/api/alerts").RequireAuthorization();
        alerts.MapGet("", (HttpContext http, AlertEndpoints endpoints) => endpoints.ListAsync(http));
        alerts.MapPost("/rules", (AlertRuleRequest body, HttpContext http, AlertEndpoints endpoints) => endpoints.AddAsync(body, http));
        alerts.MapPatch("/rules/{id}", (string id, AlertRuleRequest body, HttpContext http, AlertEndpoints endpoints) => endpoints.ChangeAsync(id, body, http));
        alerts.MapDelete("/rules/{id}", (string id, HttpContext http, AlertEndpoints endpoints) => endpoints.RemoveAsync(id, http));
        alerts.MapPost("/check", (HttpContext http, AlertEndpoints endpoints) => endpoints.CheckAsync(http));
        alerts.MapGet("/reports/{id}", (string id, HttpContext http, AlertEndpoints endpoints) => endpoints.GetReportAsync(id, http));
    }
}
