using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Alerts;

/// <summary>An organisation's rules and what they found, over HTTP.</summary>
internal sealed class AlertEndpoints(AlertBooks books, AlertKeeper keeper, ScheduledReports reports, TimeProvider clock)
{
    private const int MostRules = 50;

    public async Task<IResult> ListAsync(HttpContext http) =>
        Results.Json(await books.GetAsync(http.GetPrincipal().OrganisationId, http.RequestAborted), ApexJson.Default.AlertList);

    public async Task<IResult> AddAsync(AlertRuleRequest request, HttpContext http)
    {
        var principal = http.GetPrincipal();
        var (rule, field, problem) = RuleRequests.New(request, principal.User, clock.GetUtcNow());
        if (rule is null)
            return Wrong(field, problem);
        var full = false;
        var book = await books.ChangeAsync(
            principal.OrganisationId,
            held =>
            {
                full = held.Rules.Count >= MostRules;
                return full ? held : held with { Rules = [.. held.Rules, rule] };
            },
            http.RequestAborted);
        return full
            ? Problems.From(new Refusal(ErrorCode.Busy, $"Your organisation has {MostRules} rules, the most there can be; remove one first."))
            : Results.Json(book, ApexJson.Default.AlertList, statusCode: StatusCodes.Status201Created);
    }

    public async Task<IResult> ChangeAsync(string id, AlertRuleRequest request, HttpContext http)
    {
        var organisation = http.GetPrincipal().OrganisationId;
        var known = (await books.GetAsync(organisation, http.RequestAborted)).Rules.FirstOrDefault(rule => rule.Id == id);
        if (known is null)
            return Missing(id);
        var (changed, field, problem) = RuleRequests.Change(known, request, clock.GetUtcNow());
        if (changed is null)
            return Wrong(field, problem);
        return Results.Json(
            await books.ChangeAsync(
                organisation, book => book with { Rules = [.. book.Rules.Select(rule => rule.Id == id ? changed : rule)] }, http.RequestAborted),
            ApexJson.Default.AlertList);
    }

    public async Task<IResult> RemoveAsync(string id, HttpContext http)
    {
        var found = false;
        await books.ChangeAsync(
            http.GetPrincipal().OrganisationId,
            book =>
            {
                found = book.Rules.Any(rule => rule.Id == id);
                return found ? book with { Rules = [.. book.Rules.Where(rule => rule.Id != id)] } : book;
            },
            http.RequestAborted);
        return found ? Results.NoContent() : Missing(id);
    }

    /// <summary>Looks after all rules now and answers with what they saw.</summary>
    public async Task<IResult> CheckAsync(HttpContext http)
    {
        await keeper.CheckAsync(http.GetPrincipal().OrganisationId, dueOnly: false, http.RequestAborted);
        return await ListAsync(http);
    }

    public async Task<IResult> GetReportAsync(string id, HttpContext http)
    {
        if (await reports.FindAsync(http.GetPrincipal().OrganisationId, id, http.RequestAborted) is not { } html)
            return Problems.From(new Refusal(ErrorCode.NotFound, $"There is no report {id}."));
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        return Results.Bytes(html, "text/html; charset=utf-8");
    }

    private static IResult Missing(string id) => Problems.From(new Refusal(ErrorCode.NotFound, $"There is no rule {id}."));

    private static IResult Wrong(string field, string message) => Problems.From(new Refusal(ErrorCode.InvalidArguments, message), field);
}
