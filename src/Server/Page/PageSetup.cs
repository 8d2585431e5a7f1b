using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace Apex.Server.Page;

/// <summary>The built web page as static files. Every path that is no file and no call of the API shows the page, which knows its own routes.</summary>
internal static class PageSetup
{
    private const string Index = "index.html";

    /// <summary>The build puts a digest into the names of these, so another content has another name.</summary>
    private const string NamedByContent = "/assets";

    /// <summary>Everything from this server alone and nothing inline: an injected script has no way to run.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly string[] NotThePage = ["/api", "/auth", "/ws", "/health", "/metrics"];

    /// <param name="folder">Of the build; null or a missing one serves no files.</param>
    public static void UsePage(this IApplicationBuilder app, string? folder)
    {
        if (folder is null || !Directory.Exists(folder))
            return;

        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = new PhysicalFileProvider(Path.GetFullPath(folder)),
            OnPrepareResponse = Describe,
        });
    }

    public static void MapPage(this IEndpointRouteBuilder routes, string? folder)
    {
        var index = folder is null ? null : Path.GetFullPath(Path.Combine(folder, Index));
        routes.MapFallback("{**path:nonfile}", context => SendAsync(context, index))
            .WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
    }

    private static Task SendAsync(HttpContext context, string? index)
    {
        if (Array.Exists(NotThePage, path => context.Request.Path.StartsWithSegments(path)))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        return index is not null && File.Exists(index)
            ? context.Response.SendFileAsync(index, context.RequestAborted)
            : UnbuiltPage.SendAsync(context.Response);
    }

    private static void Describe(StaticFileResponseContext context)
    {
        var headers = context.Context.Response.Headers;
        headers.CacheControl = context.Context.Request.Path.StartsWithSegments(NamedByContent)
            ? "public, max-age=31536000, immutable"
            : "no-cache";
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
    }
}
