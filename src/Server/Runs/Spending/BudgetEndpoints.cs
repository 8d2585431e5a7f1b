using System.Globalization;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Server.Limits;
using Apex.Server.Limits.Budgets;
using Apex.Storage.Accounts;
using Apex.Storage.Budgets;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Runs.Spending;

/// <summary>What may be spent on chat models: each user sees what is left to him, administrators set it.</summary>
internal sealed class BudgetEndpoints(
    BudgetLedger budgets, IBudgetStore store, IAccountStore accounts, BudgetWaker waker, TimeProvider time)
{
    public async Task<IResult> GetOwnAsync(HttpContext http) =>
        Results.Json(new BudgetList(await ReadAsync(budgets, http.GetPrincipal(), http.RequestAborted)), ApexJson.Default.BudgetList);

    public async Task<IResult> ListSettingsAsync(HttpContext http)
    {
        var views = new List<BudgetSettingView>();
        foreach (var setting in await store.ListSettingsAsync(http.RequestAborted))
            views.Add(await ViewAsync(setting, 0, http.RequestAborted));
        return Results.Json(new BudgetSettingList(views), ApexJson.Default.BudgetSettingList);
    }

    public async Task<IResult> PutSettingAsync(BudgetSettingRequest request, HttpContext http)
    {
        if (Check(request) is var (field, message))
            return Problems.From(new Refusal(ErrorCode.InvalidArguments, message), field);
        if (await OwnerAsync(request, http.RequestAborted) is not { } owner)
            return Problems.From(new Refusal(ErrorCode.NotFound, request.User is { } user ? $"There is no user {user}." : $"There is no organisation {request.Organisation}: nobody belongs to it."),
                request.User is null ? "organisation" : "user");

        var principal = http.GetPrincipal();
        var setting = new BudgetSetting(
            owner, BudgetMoney.Nano(request.UsdPerDay), BudgetMoney.Nano(request.UsdPerMonth), request.TokensPerDay, request.TokensPerMonth,
            time.GetUtcNow(), principal.User);
        var woken = await waker.ChangeAsync(
            async () =>
            {
                await store.SaveSettingAsync(setting, http.RequestAborted);
                // Stored: from here on a client that leaves changes nothing.
                await accounts.AppendAuditAsync(
                    new AuditEntry(setting.At, "budget_set", principal.User, $"{owner.Kind}:{owner.Id}", Words(request)), CancellationToken.None);
            },
            "An administrator changed the budget.", http.RequestAborted);
        return Results.Json(await ViewAsync(setting, woken, CancellationToken.None), ApexJson.Default.BudgetSettingView);
    }

    public static async ValueTask<IReadOnlyList<BudgetView>> ReadAsync(
        BudgetLedger budgets, Principal principal, CancellationToken cancellationToken) =>
    [
        .. (await budgets.ReadAsync(principal.User, principal.OrganisationId, principal.Tier, cancellationToken)).Select(standing => new BudgetView(
            standing.Limit.Owner.Kind, BudgetWords.SettingOf(standing.Limit), In(standing, standing.Limit.Most), In(standing, standing.Spent),
            In(standing, standing.Held), In(standing, Math.Max(0, standing.Limit.Most - standing.Spent - standing.Held)),
            budgets.PeriodEnd(standing.Limit.Period))),
    ];

    private static decimal In(BudgetStanding standing, long amount) =>
        standing.Limit.Unit == BudgetUnit.Tokens ? amount : BudgetMoney.Usd(amount);

    private static (string Field, string Message)? Check(BudgetSettingRequest request)
    {
        if ((request.User is null) == (request.Organisation is null))
            return ("user", "Name one user or one organisation whose budget it is.");
        if (request is { User: "" } or { Organisation: "" })
            return ("user", "The name of the user or organisation is empty.");
        foreach (var (field, usd) in ((string, decimal?)[])[("usd_per_day", request.UsdPerDay), ("usd_per_month", request.UsdPerMonth)])
            if (usd is < 0 or > BudgetAllowance.MostUsd)
                return (field, string.Create(CultureInfo.InvariantCulture, $"{field} is {usd}; a budget is 0 to {BudgetAllowance.MostUsd:N0} US dollars."));
        foreach (var (field, tokens) in ((string, long?)[])[("tokens_per_day", request.TokensPerDay), ("tokens_per_month", request.TokensPerMonth)])
            if (tokens is < 0)
                return (field, string.Create(CultureInfo.InvariantCulture, $"{field} is {tokens}; a budget is 0 or more tokens."));
        return null;
    }

    private async ValueTask<BudgetOwner?> OwnerAsync(BudgetSettingRequest request, CancellationToken cancellationToken)
    {
        if (request.Organisation is { } organisation)
            return await accounts.HasMembersAsync(organisation, cancellationToken) ? BudgetOwner.OfOrganisation(organisation) : null;
        var user = await accounts.FindUserByEmailAsync(request.User!, cancellationToken) // Check refused a null
            ?? await accounts.FindUserAsync(new UserId(request.User!), cancellationToken); // as above
        return user is null ? null : BudgetOwner.Of(user.Id);
    }

    private async ValueTask<BudgetSettingView> ViewAsync(BudgetSetting setting, int woken, CancellationToken cancellationToken) => new(
        setting.Owner.Kind, setting.Owner.Id,
        setting.Owner.Kind == "user" ? (await accounts.FindUserAsync(new UserId(setting.Owner.Id), cancellationToken))?.Email : null,
        Usd(setting.NanoDollarsPerDay), Usd(setting.NanoDollarsPerMonth), setting.TokensPerDay, setting.TokensPerMonth, setting.At, setting.By.Value,
        woken);

    private static decimal? Usd(long? nano) => nano is { } amount ? BudgetMoney.Usd(amount) : null;

    private static string Words(BudgetSettingRequest request)
    {
        string?[] parts =
        [
            request.UsdPerDay is { } day ? string.Create(CultureInfo.InvariantCulture, $"usd_per_day {day}") : null,
            request.UsdPerMonth is { } month ? string.Create(CultureInfo.InvariantCulture, $"usd_per_month {month}") : null,
            request.TokensPerDay is { } tokensDay ? $"tokens_per_day {tokensDay}" : null,
            request.TokensPerMonth is { } tokensMonth ? $"tokens_per_month {tokensMonth}" : null,
        ];
        var set = parts.OfType<string>().ToArray();
        return set.Length == 0 ? "taken back" : string.Join(", ", set);
    }
}
