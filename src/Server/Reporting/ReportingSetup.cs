using Apex.Server.Reporting.Dashboard;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Reporting;

/// <summary>The door of the room of reports: an organisation's spend as a document, and results as pictures.</summary>
internal static class ReportingSetup
{
    public static IServiceCollection AddReporting(this IServiceCollection services)
    {
        services.AddSingleton<Analyses>();
        services.AddSingleton<SpendReport>();
        services.AddSingleton<ReportEndpoints>();
        services.AddSingleton<DashboardReader>();
        services.AddSingleton<NewestRows>();
        services.AddSingleton<DashboardEndpoints>();
        return services;
    }

    public static void MapReporting(this IEndpointRouteBuilder routes)
    {
        var usage = routes.MapGroup("/api/usage").RequireAuthorization();
        usage.MapGet("/report", (
            string? from, string? to, string? window, string? format, string? title, HttpContext http, ReportEndpoints reports) =>
            reports.GetSpendAsync(from, to, window, format, title, http));
        usage.MapPost("/charts", (HttpContext http, CancellationToken ending) => ReportEndpoints.DrawAsync(http, ending));
        usage.MapGet("/dashboard", (
            string? window, string? from, string? to, string? by, string[]? filter, string? include, HttpContext http, DashboardEndpoints dashboard) =>
            dashboard.GetAsync(new DashboardParameters(window, from, to, by, filter, include), http));
        usage.MapGet("/rows", (
            string? window, string? from, string? to, string[]? filter, string? include, string? before, int? limit, HttpContext http,
            DashboardEndpoints dashboard) =>
            dashboard.GetRowsAsync(new DashboardParameters(window, from, to, null, filter, include), before, limit, http));
        usage.MapGet("/growth", (
            long? after, [FromQuery(Name = "wait_ms")] int? waitMs, HttpContext http, DashboardEndpoints dashboard) =>
            dashboard.GetGrowthAsync(after, waitMs, http));
    }
}
