using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Operations.Quality;

/// <summary>What administrators read of the quality of answers.</summary>
internal static class QualityEndpoints
{
    public static IResult Get(QualitySampler sampler)
    {
        var recent = sampler.Window.Recent;
        return Results.Json(
            new QualityView(
                sampler.Share, sampler.Window.Scored, sampler.Window.Mean, Math.Min(recent.Count, QualityWindow.Judged), sampler.Window.IsWorse, recent),
            ApexJson.Default.QualityView);
    }

    public static async Task<IResult> GetRunAsync(string user, string run, QualitySampler sampler, CancellationToken cancellationToken) =>
        await sampler.FindAsync(new UserId(user), new RunId(run), cancellationToken) is { } score
            ? Results.Json(score, ApexJson.Default.AnswerScoreView)
            : Problems.From(new Refusal(ErrorCode.NotFound, $"The answer of the run {run} of {user} was not scored."));
}
