using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Threads;

/// <summary>The door of the room of conversations.</summary>
internal static class ThreadsSetup
{
    public static IServiceCollection AddThreads(this IServiceCollection services)
    {
        services.AddSingleton<ThreadCatalog>();
        services.AddSingleton<ThreadExport>();
        return services;
    }

    public static void MapThreads(this IEndpointRouteBuilder routes)
    {
        var threads = routes.MapGroup("/api/threads").RequireAuthorization();
        threads.MapGet("", ThreadEndpoints.ListAsync);
        threads.MapPost("", ThreadEndpoints.CreateAsync);
        threads.MapPost("/create", NetraThreads.CreateAsync);
        threads.MapGet("/{id}", ThreadEndpoints.GetAsync);
        threads.MapPatch("/{id}", ThreadEndpoints.RenameAsync);
        threads.MapDelete("/{id}", ThreadEndpoints.ArchiveAsync);
        threads.MapGet("/{id}/messages", ThreadEndpoints.HistoryAsync);
        threads.MapGet("/{id}/export", ThreadEndpoints.ExportAsync);
        threads.MapGet("/{id}/validate", NetraThreads.ValidateAsync);
    }
}
