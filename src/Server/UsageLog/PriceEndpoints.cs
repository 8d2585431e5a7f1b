using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.UsageLog;

/// <summary>What an organisation says of prices itself: its own models, and its contract's discounts. Each change prices the log anew.</summary>
internal sealed class PriceEndpoints(ImportJobs jobs, OrganisationPriceBooks books, IUsageLog log, TimeProvider clock)
{
    private const int MaxOwnModels = 1_000;
    private const int MaxDiscounts = 100;

    public async Task<IResult> ListOwnAsync(HttpContext http)
    {
        var own = (await BookAsync(http)).Rows.Where(row => row.Source == OwnPrice.Source).Select(OwnPrice.Of).ToList();
        return Results.Json<IReadOnlyList<OwnPrice>>(own, PriceJson.Default.IReadOnlyListOwnPrice);
    }

    public async Task<IResult> SetOwnAsync(HttpContext http)
    {
        var (price, malformed) = await ReadAsync(http, PriceJson.Default.OwnPrice, "an object with a model and its prices per million tokens");
        if (price is null)
            return malformed!; // without a price there is what is wrong with it
        if (price.Problem() is { } problem)
            return Wrong(problem);
        var held = (await BookAsync(http)).Rows.Where(row => row.Source == OwnPrice.Source).Select(row => row.Model).Distinct().Count();
        if (held >= MaxOwnModels)
            return Wrong($"The organisation has {MaxOwnModels} models of its own, the most it may have; import a price map instead.");

        var row = price.ToRow();
        return await StartAsync(http, price.Model, [row], (organisation, token) => books.SetOwnAsync(organisation, row, token));
    }

    public async Task<IResult> ForgetOwnAsync(string? model, HttpContext http)
    {
        if (string.IsNullOrEmpty(model) || !(await BookAsync(http)).Rows.Any(row => row.Source == OwnPrice.Source && row.Model == model))
            return Problems.From(new Refusal(ErrorCode.NotFound, "The organisation has no price of its own for this model."));
        return await StartAsync(http, model, [], (organisation, token) => books.ForgetOwnAsync(organisation, model, token));
    }

    public async Task<IResult> ListDiscountsAsync(HttpContext http) =>
        Results.Json((await BookAsync(http)).Discounts, PriceJson.Default.IReadOnlyListContractDiscount);

    public async Task<IResult> SetDiscountsAsync(HttpContext http)
    {
        var (discounts, malformed) = await ReadAsync(http, PriceJson.Default.IReadOnlyListContractDiscount, "a list of discounts");
        if (discounts is null)
            return malformed!; // without discounts there is what is wrong with them
        if (discounts.Count > MaxDiscounts)
            return Wrong($"{discounts.Count} discounts; at most {MaxDiscounts} are kept.");
        if (discounts.Select(discount => discount?.Problem() ?? (discount is null ? "A discount is null." : null)).FirstOrDefault(wrong => wrong is not null) is { } problem)
            return Wrong(problem);

        return await StartAsync(http, "contract discounts", [], (organisation, token) => books.SetDiscountsAsync(organisation, discounts, token));
    }

    private async Task<IResult> StartAsync(
        HttpContext http, string what, IReadOnlyList<PriceRow> rows, Func<string, CancellationToken, ValueTask<PriceBook>> change)
    {
        var jobId = ImportJobs.NewId();
        var refused = await jobs.StartAsync(http.GetPrincipal(), jobId, what, new PriceChange(log, clock, rows, change), http.RequestAborted);
        return refused is not null
            ? Problems.From(refused)
            : Results.Json(new JobReply(jobId), ApexJson.Default.JobReply, statusCode: StatusCodes.Status202Accepted);
    }

    private ValueTask<PriceBook> BookAsync(HttpContext http) => books.GetAsync(http.GetPrincipal().OrganisationId, http.RequestAborted);

    private static async Task<(T? Value, IResult? Malformed)> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type, string expected)
        where T : class
    {
        try
        {
            var value = await JsonSerializer.DeserializeAsync(http.Request.Body, type, http.RequestAborted);
            return value is null ? (null, Bad(expected)) : (value, null);
        }
        catch (JsonException)
        {
            return (null, Bad(expected));
        }
    }

    private static IResult Bad(string expected) => Problems.From(new Refusal(ErrorCode.InvalidJson, $"The body must be {expected}, as JSON."));

    private static IResult Wrong(string message) => Problems.From(new Refusal(ErrorCode.InvalidArguments, message));
}
