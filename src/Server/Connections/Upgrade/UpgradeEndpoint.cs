using Apex.Protocol.Errors;
using Apex.Server.Accounts;
using Apex.Server.Connections.Dialects;
using Apex.Server.Limits;
using Apex.Server.Threads;
using Apex.Storage.Feed;
using Microsoft.Extensions.Hosting;

namespace Apex.Server.Connections.Upgrade;

/// <summary>
/// The door at <c>/ws</c>. Everything that can be refused is refused before the upgrade, as a problem with a status; after it there is
/// a connection.
/// </summary>
internal sealed class UpgradeEndpoint(
    ApexServerOptions server,
    OriginGate origins,
    AccessTokens tokens,
    WebSocketTickets tickets,
    ConnectionPermits permits,
    ConnectionRegistry registry,
    ConnectionSurroundings surroundings,
    ThreadCatalog threads,
    ReachabilityCheck check,
    IHostApplicationLifetime lifetime)
{
    /// <summary>
    /// What the request and its verification needed is let go before the connection lives: it may live for weeks, and a token in several
    /// forms is most of what an idle one would hold.
    /// </summary>
    public async Task HandleAsync(IUpgradeCaller caller, CancellationToken aborted)
    {
        if (await OpenAsync(caller) is { } connection)
            await LiveAsync(connection, aborted);
    }

    /// <returns>Null when there is no connection: the request was refused, or it only wanted to know whether anybody is here.</returns>
    public async Task<Connection?> OpenAsync(IUpgradeCaller caller)
    {
        var (request, status, why) = UpgradeRequest.Read(caller);
        if (request is null)
        {
            await RefuseAsync(caller, new Refusal(ErrorCode.InvalidMessage, why), status);
            return null;
        }

        if (origins.Refuse(caller.Headers.Origin, () => caller.Address) is { } foreign)
        {
            await RefuseAsync(caller, foreign);
            return null;
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await RefuseAsync(caller, new Refusal(ErrorCode.NotReady, "The server is stopping; try again in a moment.", RetryAfterMs: 2_000));
            return null;
        }

        var credential = UpgradeCredential.Find(caller, request.Offered, server.TokenInQuery);
        if (credential.Kind == CredentialKind.None && server.DevelopmentLoginOpen && check.TryEnter())
        {
            surroundings.Metrics.Upgrade("reachability_check");
            await check.RunAsync(await caller.AcceptAsync(request.Proof(), subprotocol: null), caller.Left);
            return null;
        }

        var (principal, refusal) = await VerifyAsync(credential, caller.Left);
        if (principal is not null)
            return await AcceptAsync(caller, request, credential, principal);
        await RefuseAsync(caller, refusal!); // there is a refusal where there is no principal
        return null;
    }

    private async Task<Connection?> AcceptAsync(
        IUpgradeCaller caller, UpgradeRequest request, UpgradeCredential credential, Principal principal)
    {
        // The client has given its earlier connection up, or it would not ask for another: that one must not hold a place until its
        // silence is noticed.
        registry.Replace(principal.User, request.Device);
        var permit = await caller.WhileHereAsync(left => permits.AcquireAsync(principal.User, principal.Tier, left));
        if (permit is null)
        {
            var limit = surroundings.Tiers.For(principal.Tier).Connections;
            await RefuseAsync(caller, new Refusal(
                ErrorCode.TooManyConnections,
                $"You have {limit} connections open, as many as your tier allows (limit connections of tier {TierTable.NameOf(principal.Tier)}). "
                + surroundings.Tiers.Lifting(principal.Tier, static at => at.Connections),
                RetryAfterMs: 5_000));
            return null;
        }

        try
        {
            var head = await HeadAsync(caller, principal);
            if (head < 0)
            {
                permit.Dispose();
                return null;
            }

            var speaksApex = request.Offered.Contains(ApexDialect.Subprotocol, StringComparer.Ordinal);
            var wire = await caller.AcceptAsync(request.Proof(), speaksApex ? ApexDialect.Subprotocol : credential.Subprotocol);
            surroundings.Metrics.Upgrade("connected");
            return new Connection(
                "conn_" + Guid.CreateVersion7().ToString("N"), principal, speaksApex ? new ApexDialect() : new NetraDialect(threads), head,
                wire, surroundings)
            {
                Device = request.Device,
                Place = permit,
            };
        }
        catch
        {
            permit.Dispose();
            throw;
        }
    }

    /// <summary>From its first frame to its last.</summary>
    public async Task LiveAsync(Connection connection, CancellationToken aborted)
    {
        registry.Add(connection);
        try
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested)
                connection.Close(Framing.CloseCode.GoingAway, "The server is stopping.");
            await connection.RunAsync(aborted);
        }
        finally
        {
            registry.Remove(connection);
            await connection.DisposeAsync();
        }
    }

    /// <summary>Read before the upgrade: a server that cannot read its store says so with a status.</summary>
    private async ValueTask<long> HeadAsync(IUpgradeCaller caller, Principal principal)
    {
        try
        {
            return await surroundings.Feed.GetHeadAsync(principal.User, caller.Left);
        }
        catch (StorageUnavailableException unavailable)
        {
            await RefuseAsync(caller, new Refusal(
                ErrorCode.StorageUnavailable, unavailable.Message, ErrorSeverity.Critical, (long)unavailable.RetryAfter.TotalMilliseconds));
            return -1;
        }
    }

    private async ValueTask<(Principal? Principal, Refusal? Refusal)> VerifyAsync(
        UpgradeCredential credential, CancellationToken cancellationToken)
    {
        switch (credential.Kind)
        {
            case CredentialKind.Token:
                return Judged(await tokens.VerifyAsync(credential.Value, cancellationToken));
            case CredentialKind.Ticket when tickets.Redeem(credential.Value) is { } principal:
                return principal.ExpiresAt > surroundings.Time.GetUtcNow()
                    ? Judged(await tokens.ReviewAsync(principal, cancellationToken))
                    : Unauthorized(ErrorCode.TokenExpired, "The token this ticket was issued for has expired.");
            case CredentialKind.Ticket:
                return Unauthorized(ErrorCode.Unauthorized, "The ticket is unknown, used or expired; each one opens one connection.");
            case CredentialKind.Unusable:
                return Unauthorized(ErrorCode.Unauthorized, credential.Value);
            default:
                return Unauthorized(
                    ErrorCode.Unauthorized, "Credentials are missing: send Authorization: Bearer, a subprotocol jwt.TOKEN or a ticket.");
        }
    }

    private static (Principal?, Refusal?) Judged(TokenVerdict verdict) => verdict switch
    {
        TokenVerdict.Valid valid => (valid.Principal, null),
        TokenVerdict.Refused refused => (null, new Refusal(refused.Code, refused.Message, ErrorSeverity.High)),
        var other => throw new InvalidOperationException($"Unknown verdict {other}."),
    };

    private static (Principal?, Refusal) Unauthorized(ErrorCode code, string message) =>
        (null, new Refusal(code, message, ErrorSeverity.High));

    private Task RefuseAsync(IUpgradeCaller caller, Refusal refusal, int? status = null)
    {
        var answered = status ?? Problems.StatusOf(refusal.Code);
        surroundings.Metrics.Refused(answered);
        return caller.RefuseAsync(refusal, answered);
    }
}
