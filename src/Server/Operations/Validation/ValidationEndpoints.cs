using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Storage.Records;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Operations.Validation;

/// <summary>What the checker finds: of one run for its user, of all recent ones for administrators.</summary>
internal sealed class ValidationEndpoints(RunValidation validation, IRecords records)
{
    private const int MostHours = 24 * 7;

    public async Task<IResult> GetRunAsync(string id, HttpContext http)
    {
        if (await records.FindRunAsync(http.GetPrincipal().User, new RunId(id), http.RequestAborted) is not { } run)
            return Problems.From(new Refusal(ErrorCode.NotFound, $"There is no run {id}."));
        return await validation.CheckAsync(run, http.RequestAborted) is { } view
            ? Results.Json(view with { UserId = null }, ApexJson.Default.RunValidationView)
            : Problems.From(new Refusal(ErrorCode.NotFound, $"The events of run {id} are no longer kept."));
    }

    public async Task<IResult> GetReportAsync(int? hours, HttpContext http) => hours is < 1 or > MostHours
        ? Problems.From(new Refusal(ErrorCode.InvalidArguments, $"hours is {hours}; it needs 1 to {MostHours}."), "hours")
        : Results.Json(
            await validation.ReportAsync(TimeSpan.FromHours(hours ?? 24), http.RequestAborted), ApexJson.Default.ValidationReport);
}
