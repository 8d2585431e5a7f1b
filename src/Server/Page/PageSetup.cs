using Microsoft.AspNetCore.Routing;

namespace Apex.Server.Page;

/// <summary>The built web page, as static files.</summary>
internal static class PageSetup
{
    public static void MapPage(this IEndpointRouteBuilder routes, string? folder)
    {
    }
}
