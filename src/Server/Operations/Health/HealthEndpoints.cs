using Apex.Protocol;
using Apex.Protocol.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Apex.Server.Operations.Health;

/// <summary>Open to all, so that a load balancer needs no account. Degraded is not dead: only a required part that fails is 503.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health");
        health.MapGet("/live", () => Reply(new HealthView(HealthState.Healthy, HealthCheck.Version, []), StatusCodes.Status200OK));
        health.MapGet("/startup", (StartupSequence startup) => TypedResults.Json(
            startup.View(), ApexJson.Default.StartupView,
            statusCode: startup.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable));
        health.MapGet("/components", async (HealthCheck check) => Reply(await check.AskAsync(), StatusCodes.Status200OK));
        foreach (var path in new[] { "", "/ready" })
        {
            health.MapGet(path, async (HealthCheck check) =>
            {
                var view = await check.AskAsync();
                var works = view.Status != HealthState.Unhealthy;
                return Reply(view, works ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
            });
        }
    }

    private static JsonHttpResult<HealthView> Reply(HealthView view, int status) =>
        TypedResults.Json(view, ApexJson.Default.HealthView, statusCode: status);
}
