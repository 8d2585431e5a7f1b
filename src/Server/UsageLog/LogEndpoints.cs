using System.Globalization;
using Apex.Agents.Tools;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.UsageLog;

/// <summary>What the organisation's log and price book hold.</summary>
internal sealed class LogEndpoints(IUsageLog log, IPriceBooks prices, TimeProvider clock)
{
    private const int MaxIds = 1_000;
    private const int MaxModelCharacters = 200;

    public async Task<IResult> GetExtentAsync(HttpContext http)
    {
        var extent = await CountedRows.Usual.ExtentAsync(log, new TenantId(http.GetPrincipal().OrganisationId), [], http.RequestAborted);
        var view = extent is null ? new ExtentView(0) : new ExtentView(extent.Rows, extent.FirstStart, extent.LastStart);
        return Results.Json(view, ApexJson.Default.ExtentView);
    }

    /// <summary>The rows behind a figure: ids as the evidence of an envelope names them, separated by commas.</summary>
    public async Task<IResult> GetEventsAsync(string? ids, HttpContext http)
    {
        var wanted = (ids ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (wanted.Length is 0 or > MaxIds)
        {
            return Problems.From(
                new Refusal(ErrorCode.InvalidArguments, $"ids names {wanted.Length} rows; it needs 1 to {MaxIds}, separated by commas."), "ids");
        }

        var found = await log.FindAsync(new TenantId(http.GetPrincipal().OrganisationId), wanted, http.RequestAborted);
        return Results.Json(new EvidenceRows(found), EvidenceJson.Default.EvidenceRows);
    }

    /// <summary>The price in force for a model at a moment; without a model, what the book is.</summary>
    public async Task<IResult> GetPricesAsync(string? model, string? at, string? provider, HttpContext http)
    {
        var book = await prices.GetAsync(http.GetPrincipal().OrganisationId, http.RequestAborted);
        if (model is null)
            return Results.Json(new PriceBookView(book.Version, book.ModelCount, book.Rows.Count), EvidenceJson.Default.PriceBookView);
        if (model.Length is 0 or > MaxModelCharacters)
            return Wrong("model", $"model has {model.Length} characters; it needs 1 to {MaxModelCharacters}.");

        var moment = clock.GetUtcNow();
        if (at is not null && !DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out moment))
            return Wrong("at", "at is no time, for instance 2026-01-31T00:00:00Z.");
        return book.Find(model, moment, provider) is { } quote
            ? Results.Json(quote, PriceJson.Default.PriceQuote)
            : Problems.From(new Refusal(ErrorCode.NotFound, $"The price book has no price for {model}."));
    }

    private static IResult Wrong(string field, string message) =>
        Problems.From(new Refusal(ErrorCode.InvalidArguments, message), field);
}
