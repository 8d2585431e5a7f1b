using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Operations.Performance;

/// <summary><c>/api/admin/performance</c>: the service levels and the minutes they are computed from.</summary>
internal static class PerformanceEndpoint
{
    private const int MostHours = PerformanceMonitor.MinutesKept / 60;

    public static IResult Get(int? hours, PerformanceMonitor monitor)
    {
        if (hours is < 1 or > MostHours)
            return Problems.From(new Refusal(ErrorCode.InvalidArguments, $"hours is {hours}; it needs 1 to {MostHours}."), "hours");
        var minutes = monitor.Minutes.TakeLast((hours ?? MostHours) * 60).ToList();
        return Results.Json(
            new PerformanceView([.. ServiceLevel.All.Select(level => level.Over(minutes))], minutes),
            ApexJson.Default.PerformanceView);
    }
}
