using System.Security.Cryptography;
using System.Text;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Server.Connections.Confirmation;
using Apex.Storage.Accounts;
using Apex.Storage.Broadcasts;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Operations.Broadcasts;

/// <summary>Administrators speak to many users, and see whom it reached.</summary>
internal sealed class BroadcastEndpoints(
    IBroadcastStore broadcasts, IAccountStore accounts, Broadcaster broadcaster, Receipts receipts, TimeProvider time)
{
    private const int MaxTitle = 200;
    private const int MaxBody = 4_000;
    private const int MaxKey = 200;
    private const int MaxListed = 100;
    private const int MaxShown = 20;

    public async Task<IResult> PostAsync(BroadcastRequest request, HttpContext http)
    {
        if (Check(request) is var (field, message))
            return Problems.From(new Refusal(ErrorCode.InvalidArguments, message), field);

        var principal = http.GetPrincipal();
        var asked = new BroadcastRecord(
            IdOf(principal.User, request.IdempotencyKey), time.GetUtcNow(), principal.User, request.Title!.Trim(), request.Body!.Trim(),
            request.Severity ?? BroadcastSeverity.Info, request.Audience ?? BroadcastAudience.Everybody);
        if (asked.Audience is { Kind: AudienceKind.User, Value: { } user } && await accounts.FindUserAsync(new UserId(user), http.RequestAborted) is null)
            return Problems.From(new Refusal(ErrorCode.NotFound, $"There is no user {user}."));

        var stored = await broadcasts.CreateAsync(asked, http.RequestAborted);
        if (stored with { At = asked.At, FinishedAt = null } != asked)
        {
            return Problems.From(new Refusal(
                ErrorCode.IdempotencyConflict, $"The key {request.IdempotencyKey} belongs to another broadcast, {stored.Id}."));
        }

        if (stored.At == asked.At)
        {
            await accounts.AppendAuditAsync(
                new AuditEntry(asked.At, "broadcast", principal.User, asked.Id, $"{asked.Audience.Kind} {asked.Audience.Value}: {asked.Title}"),
                http.RequestAborted);
        }

        broadcaster.Begin();
        return Results.Json(await ViewAsync(stored, http.RequestAborted), ApexJson.Default.BroadcastView, statusCode: 202);
    }

    public async Task<IResult> GetAsync(string id, HttpContext http)
    {
        if (await broadcasts.FindAsync(id, http.RequestAborted) is not { } found)
            return Problems.From(new Refusal(ErrorCode.NotFound, $"There is no broadcast {id}."));
        await receipts.SaveAsync(http.RequestAborted);
        return Results.Json(await ViewAsync(found, http.RequestAborted), ApexJson.Default.BroadcastView);
    }

    public async Task<IResult> ListAsync(HttpContext http)
    {
        await receipts.SaveAsync(http.RequestAborted);
        var views = new List<BroadcastView>();
        foreach (var broadcast in await broadcasts.ListAsync(MaxListed, http.RequestAborted))
            views.Add(await ViewAsync(broadcast, http.RequestAborted));
        return Results.Json(new BroadcastList(views), ApexJson.Default.BroadcastList);
    }

    /// <summary>What was said to the caller and is not put away yet: for a page that was not open when it was sent.</summary>
    public async Task<IResult> ListOwnAsync(HttpContext http)
    {
        var own = await broadcasts.ListOfUserAsync(http.GetPrincipal().User, MaxShown, http.RequestAborted);
        return Results.Json(
            new ReceivedBroadcastList([.. own.Select(static one => new ReceivedBroadcast(one.Id, one.Title, one.Body, one.Severity, one.At))]),
            ApexJson.Default.ReceivedBroadcastList);
    }

    public async Task<IResult> DismissAsync(string id, HttpContext http) =>
        await broadcasts.DismissAsync(http.GetPrincipal().User, id, time.GetUtcNow(), http.RequestAborted)
            ? Results.NoContent()
            : Problems.From(new Refusal(ErrorCode.NotFound, $"There is no broadcast {id}."));

    private static (string Field, string Message)? Check(BroadcastRequest request)
    {
        if (Length(request.Title) is var title and (0 or > MaxTitle))
            return ("title", $"title has {title} characters; it needs 1 to {MaxTitle}.");
        if (Length(request.Body) is var body and (0 or > MaxBody))
            return ("body", $"body has {body} characters; it needs 1 to {MaxBody}.");
        if (request.IdempotencyKey?.Length is { } key and (0 or > MaxKey))
            return ("idempotency_key", $"idempotency_key has {key} characters; it needs 1 to {MaxKey}.");
        return request.Audience switch
        {
            null or { Kind: AudienceKind.All, Value: null } => null,
            { Kind: AudienceKind.All } => ("audience", "audience all takes no value."),
            { Value: null or "" } => ("audience", "audience needs a value: a tier, an organisation's id or a user's id."),
            { Kind: AudienceKind.Tier, Value: var tier } when !Tiers.Contains(tier, StringComparer.Ordinal) =>
                ("audience", $"'{tier}' is no tier; there are {string.Join(", ", Tiers)}."),
            _ => null,
        };
    }

    private static readonly string[] Tiers = [.. Enum.GetNames<Tier>().Select(static name => name.ToLowerInvariant())];

    private static int Length(string? text) => text?.Trim().Length ?? 0;

    /// <summary>The same author and key give the same broadcast, whenever they come.</summary>
    private static string IdOf(UserId author, string? key) => "broadcast_" + (key is null
        ? Guid.CreateVersion7().ToString("N")
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{author}\0{key}")).AsSpan(0, 16)));

    private async ValueTask<BroadcastView> ViewAsync(BroadcastRecord broadcast, CancellationToken cancellationToken)
    {
        var counts = await broadcasts.CountAsync(broadcast.Id, cancellationToken);
        return new BroadcastView(
            broadcast.Id, broadcast.Title, broadcast.Body, broadcast.Severity, broadcast.Audience, broadcast.Author, broadcast.At,
            broadcast.FinishedAt is null ? "sending" : "sent", counts.Recipients, counts.Delivered, counts.Confirmed);
    }
}
