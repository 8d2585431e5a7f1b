using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Http;

namespace Apex.Server.Tests;

internal static class ProblemReading
{
    public static async Task<Problem> ProblemAsync(this HttpResponseMessage reply)
    {
        Assert.Equal("application/problem+json", reply.Content.Headers.ContentType?.MediaType);
        var problem = (await reply.Content.ReadFromJsonAsync(ApexJson.Default.Problem))!;
        Assert.Equal((int)reply.StatusCode, problem.Status);
        return problem;
    }
}
