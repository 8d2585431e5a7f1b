using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace Apex.Server.Page;

/// <summary>
/// The built web page as static files. Every path that is no file and no call of the API shows the page, which knows its own routes.
/// </summary>
internal static class PageSetup
{
    private const string Index = "index.html";

    /// <summary>The build puts a digest into the names of these, so another content has another name.</summary>
    private const string NamedByContent = "/assets";

    /// <summary>Everything from this server alone and nothing inline: an injected script has no way to run.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly string[] CallsOfTheApi = ["/api", "/auth", "/ws", "/health", "/metrics"];

    /// <summary>
    /// Takes the requests for which routing found no endpoint. As an endpoint of its own the page would answer for calls with a wrong
    /// method or content type, which the framework refuses better.
    /// </summary>
    /// <param name="folder">Of the build; without an <c>index.html</c> in it, a page that says how to build it is shown.</param>
    public static void UsePage(this IApplicationBuilder app, string? folder)
    {
        if (folder is not null && Directory.Exists(folder))
        {
            app.UseStaticFiles(new StaticFileOptions
            {
                FileProvider = new PhysicalFileProvider(Path.GetFullPath(folder)),
                OnPrepareResponse = Describe,
            });
        }

        var index = folder is null ? null : Path.GetFullPath(Path.Combine(folder, Index));
        app.Use(next => context => context.GetEndpoint() is null && IsRouteOfThePage(context.Request)
            ? SendAsync(context, index)
            : next(context));
    }

    private static bool IsRouteOfThePage(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && !Path.HasExtension(request.Path.Value)
        && !Array.Exists(CallsOfTheApi, call => request.Path.StartsWithSegments(call));

    private static Task SendAsync(HttpContext context, string? index)
    {
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
