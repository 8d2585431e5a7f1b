using Apex.Agents.Planning;
using Apex.Agents.Tools;
using Apex.Protocol.Http;
using Apex.Server.UsageLog.Ingest;
using Apex.Usage.Import;
using Apex.Usage.Query;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.UsageLog;

/// <summary>The door of the room of the usage log: files and prices in, analyses and evidence out.</summary>
internal static class UsageLogSetup
{
    public static IServiceCollection AddUsageLog(this IServiceCollection services)
    {
        services.AddOptions<UsageLogOptions>().ValidateDataAnnotations();
        services.AddSingleton<LogGrowth>();
        services.AddSingleton<EmbeddedUsageLog>();
        services.AddSingleton<IUsageLog>(provider => provider.GetRequiredService<EmbeddedUsageLog>());
        services.AddSingleton<OrganisationPriceBooks>();
        services.AddSingleton<IPriceBooks>(provider => provider.GetRequiredService<OrganisationPriceBooks>());
        services.AddSingleton<UsageImporter>();
        services.AddSingleton<UploadSpool>();
        services.AddSingleton<ImportPreviewer>();
        services.AddSingleton<ResumableUploads>();
        services.AddSingleton<UploadEndpoints>();
        services.AddSingleton<PreviewEndpoint>();
        services.AddSingleton<ColumnMappings>();
        services.AddSingleton<ImportOrders>();
        services.AddSingleton<ImportWorks>();
        services.AddSingleton<ImportJobs>();
        services.AddSingleton<IImportsUnderWay, ImportsUnderWay>();
        services.AddSingleton<ImportEndpoints>();
        services.AddSingleton<PriceEndpoints>();
        services.AddSingleton<IngestKeys>();
        services.AddSingleton<IngestKeyEndpoints>();
        services.AddSingleton<LiveIngest>();
        services.AddSingleton<TraceEndpoint>();
        services.AddSingleton<ToolEndpoints>();
        services.AddSingleton<LogEndpoints>();
        services.AddSingleton<FocusEndpoint>();

        services.AddStartupStep(
            StartupPhase.Database, "usage log",
            (provider, cancellationToken) => provider.GetRequiredService<EmbeddedUsageLog>().OpenAsync(cancellationToken));
        services.AddStartupStep(
            StartupPhase.Database, "upload folder",
            (provider, _) => provider.GetRequiredService<UploadSpool>().OpenAsync());
        services.AddStartupStep(
            StartupPhase.Services, "live ingest", (provider, _) => provider.GetRequiredService<LiveIngest>().StartAsync());
        services.AddStartupStep(
            StartupPhase.Database, "export folder",
            (provider, cancellationToken) => provider.GetRequiredService<FocusEndpoint>().OpenAsync(cancellationToken));
        services.AddStartupStep(
            StartupPhase.Services, "import jobs",
            (provider, cancellationToken) => provider.GetRequiredService<ImportJobs>().StartAsync(cancellationToken));
        return services;
    }

    public static void MapUsageLog(this IEndpointRouteBuilder routes)
    {
        var usage = routes.MapGroup("/api/usage").RequireAuthorization();
        usage.MapPost("/import", (HttpContext http, ImportEndpoints imports) => imports.ImportAsync(http));
        usage.MapPost("/prices/import", (HttpContext http, ImportEndpoints imports) => imports.ImportPricesAsync(http));
        usage.MapGet("/prices/own", (HttpContext http, PriceEndpoints prices) => prices.ListOwnAsync(http));
        usage.MapPut("/prices/own", (HttpContext http, PriceEndpoints prices) => prices.SetOwnAsync(http));
        usage.MapDelete("/prices/own", (string? model, HttpContext http, PriceEndpoints prices) => prices.ForgetOwnAsync(model, http));
        usage.MapGet("/prices/discounts", (HttpContext http, PriceEndpoints prices) => prices.ListDiscountsAsync(http));
        usage.MapPut("/prices/discounts", (HttpContext http, PriceEndpoints prices) => prices.SetDiscountsAsync(http));
        usage.MapGet("/imports", (HttpContext http, ImportEndpoints imports) => imports.ListJobsAsync(http));
        usage.MapGet("/imports/{jobId}", (string jobId, HttpContext http, ImportEndpoints imports) => imports.GetJobAsync(jobId, http));
        usage.MapDelete("/imports/{jobId}", (string jobId, HttpContext http, ImportEndpoints imports) => imports.CancelJobAsync(jobId, http));
        usage.MapPost("/demo", (HttpContext http, DemoRequest? request, ImportEndpoints imports) => imports.MakeDemoAsync(http, request));

        usage.MapPost("/import/preview", (HttpContext http, PreviewEndpoint preview) => preview.ReadAsync(http));
        usage.MapPost("/uploads", (HttpContext http, UploadEndpoints uploads) => uploads.CreateAsync(http));
        usage.MapGet("/uploads/{uploadId}", (string uploadId, HttpContext http, UploadEndpoints uploads) => uploads.Get(uploadId, http));
        usage.MapPatch("/uploads/{uploadId}", (string uploadId, HttpContext http, UploadEndpoints uploads) => uploads.AppendAsync(uploadId, http));
        usage.MapDelete("/uploads/{uploadId}", (string uploadId, HttpContext http, UploadEndpoints uploads) => uploads.Remove(uploadId, http));
        usage.MapGet("/mappings", (HttpContext http, ColumnMappings mappings) => mappings.ListAsync(http));
        usage.MapGet("/mappings/{name}", (string name, HttpContext http, ColumnMappings mappings) => mappings.GetAsync(name, http));
        usage.MapDelete("/mappings/{name}", (string name, HttpContext http, ColumnMappings mappings) => mappings.DeleteAsync(name, http));
        usage.MapPut("/mappings/{name}", (string name, HttpContext http, ColumnMappings mappings) => mappings.PutAsync(name, http));

        // Open to the authorization middleware: besides access tokens, it takes the keys of programs.
        routes.MapPost("/v1/traces", (HttpContext http, TraceEndpoint traces) => traces.ReceiveAsync(http));
        usage.MapGet("/ingest-keys", (HttpContext http, IngestKeyEndpoints keys) => keys.ListAsync(http));
        usage.MapPost("/ingest-keys", (HttpContext http, IngestKeyEndpoints keys) => keys.CreateAsync(http));
        usage.MapDelete("/ingest-keys/{id}", (string id, HttpContext http, IngestKeyEndpoints keys) => keys.RevokeAsync(id, http));

        usage.MapGet("/tools", ToolEndpoints.List);
        usage.MapPost("/tools/{name}", (string name, HttpContext http, ToolEndpoints tools) => tools.CallAsync(name, http));
        usage.MapGet("/export/focus", (
            string? format, string? window, string? from, string? to, string? dimensions, string? include, HttpContext http, FocusEndpoint focus) =>
            focus.ExportAsync(format, window, from, to, dimensions, include, http));
        usage.MapGet("/extent", (HttpContext http, LogEndpoints log) => log.GetExtentAsync(http));
        usage.MapGet("/events", (string? ids, HttpContext http, LogEndpoints log) => log.GetEventsAsync(ids, http));
        usage.MapGet("/prices", (
            string? model, string? at, string? provider, HttpContext http, LogEndpoints log) =>
            log.GetPricesAsync(model, at, provider, http));
    }
}
