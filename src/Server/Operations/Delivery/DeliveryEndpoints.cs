using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Server.Connections;
using Apex.Server.Connections.Confirmation;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Operations.Delivery;

/// <summary>What was sent, to whom, and what of it was confirmed: by run for its user, by connection for administrators.</summary>
internal sealed class DeliveryEndpoints(
    IFeed feed, IFeedReceipts kept, IRecords records, Receipts receipts, ConnectionRegistry registry, ConnectionMetrics metrics)
{
    private const int MaxListed = 1_000;

    public async Task<IResult> GetRunAsync(string id, HttpContext http)
    {
        var user = http.GetPrincipal().User;
        var run = new RunId(id);
        if (await records.FindRunAsync(user, run, http.RequestAborted) is null)
            return Problems.From(new Refusal(ErrorCode.NotFound, $"There is no run {id}."));

        NoteAll(registry.Of(user));
        await receipts.SaveAsync(http.RequestAborted);
        var receipt = await kept.FindAsync(user, http.RequestAborted);
        var seqs = await ReadSeqsAsync(user, run, http.RequestAborted);
        var head = await feed.GetHeadAsync(user, http.RequestAborted);
        return Results.Json(
            new RunDeliveryView(
                run, seqs.Count, seqs.Count == 0 ? 0 : seqs[^1], seqs.Count(seq => seq <= receipt.Delivered),
                seqs.Count(seq => seq <= receipt.Confirmed), [.. registry.Of(user).Select(one => View(one, head))]),
            ApexJson.Default.RunDeliveryView);
    }

    public async Task<IResult> GetConnectionsAsync(HttpContext http)
    {
        var open = registry.All();
        var views = new List<ConnectionDeliveryView>();
        foreach (var connection in open.OrderBy(static connection => connection.Since).Take(MaxListed))
        {
            var head = await feed.GetHeadAsync(connection.User, http.RequestAborted);
            views.Add(View(connection, head) with { UserId = connection.User });
        }

        return Results.Json(
            new ConnectionReport(
                open.Count, metrics.FramesSent, metrics.Confirmations, metrics.Resumptions, metrics.Refusals,
                registry.Unconfirmed().Count, views),
            ApexJson.Default.ConnectionReport);
    }

    private static ConnectionDeliveryView View(Connection connection, long head)
    {
        var view = connection.ToView();
        return new ConnectionDeliveryView(
            view.Id, view.Dialect, view.State.ToString().ToLowerInvariant(), view.Since, view.Delivered, view.Confirmed,
            Math.Max(0, head - view.Delivered));
    }

    /// <summary>The sweep does so a little later: a report is about now.</summary>
    private static void NoteAll(IReadOnlyList<Connection> connections)
    {
        foreach (var connection in connections)
            connection.NoteReceipt();
    }

    private async ValueTask<List<long>> ReadSeqsAsync(UserId user, RunId run, CancellationToken cancellationToken)
    {
        var seqs = new List<long>();
        for (var after = 0L; ;)
        {
            var page = await feed.ReadRunAsync(user, run, after, limit: 1_000, cancellationToken);
            if (page.Count == 0)
                return seqs;
            seqs.AddRange(page.Select(static entry => entry.Seq));
            after = page[^1].RunSeq ?? after + page.Count;
        }
    }
}
