using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Storage.Accounts;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Operations.Users;

/// <summary><c>/api/admin/users</c>: the accounts of this server, and what an administrator changes of one.</summary>
internal sealed class UserEndpoints(IAccountStore accounts, UserAdministration administration)
{
    private const int DefaultListed = 50;
    private const int MaxListed = 100;
    private const int MaxSearch = 254;

    /// <param name="search">Part of an e-mail.</param>
    /// <param name="cursor">From the page before.</param>
    public async Task<IResult> ListAsync(string? search, string? cursor, int? limit, HttpContext http)
    {
        if (limit is < 1 or > MaxListed)
            return Refused("limit", $"limit is {limit}; it needs 1 to {MaxListed}.");
        if (search is { Length: > MaxSearch })
            return Refused("search", $"search has {search.Length} characters; an e-mail has at most {MaxSearch}.");

        var page = await accounts.ListUsersAsync(string.IsNullOrWhiteSpace(search) ? null : search, cursor, limit ?? DefaultListed, http.RequestAborted);
        return Results.Json(new ManagedUserList([.. page.Users.Select(ViewOf)], page.Next), ApexJson.Default.ManagedUserList);
    }

    public async Task<IResult> PutAsync(string id, ManagedUserRequest request, HttpContext http)
    {
        if (request is { Tier: null, Role: null, Disabled: null })
            return Refused("tier", "Say what is to change: tier, role or disabled.");

        var change = new UserChange(request.Tier, request.Role is { } role ? Roles.Of(role) : null, request.Disabled);
        var done = await administration.ChangeAsync(http.GetPrincipal().User, new UserId(id), change, http.RequestAborted);
        return done.Outcome switch
        {
            UserChangeOutcome.Changed changed => Results.Json(
                new ManagedUserReply(ViewOf(changed.User), changed.EndedSessions.Count, done.RunsStopped, done.RunsWoken),
                ApexJson.Default.ManagedUserReply),
            UserChangeOutcome.LastAdministrator last => Problems.From(
                new Refusal(
                    ErrorCode.Forbidden,
                    $"{last.User.Email} is the last administrator who can log in; make somebody else an administrator first."),
                request.Role is not null ? "role" : "disabled"),
            _ => Problems.From(new Refusal(ErrorCode.NotFound, $"There is no user {id}.")),
        };
    }

    private static ManagedUser ViewOf(UserRecord user) => new(
        user.Id, user.Email, user.Name, user.Tier, Roles.HighestOf(user.Roles), user.OrganisationId, user.CreatedAt, user.DisabledAt);

    private static IResult Refused(string field, string message) => Problems.From(new Refusal(ErrorCode.InvalidArguments, message), field);
}
