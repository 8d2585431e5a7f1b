using Apex.Protocol.Ids;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Feed;

internal sealed class SqliteReceipts(SqliteReaders readers, SqliteWriter writer) : IFeedReceipts
{
    public async ValueTask SaveAsync(IReadOnlyList<FeedReceipt> receipts, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            session =>
            {
                foreach (var receipt in receipts)
                {
                    session.Use(
                            "UPDATE feeds SET delivered = max(delivered, ?2), confirmed = max(confirmed, ?3) WHERE user_id = ?1")
                        .Bind(1, receipt.User.Value).Bind(2, receipt.Delivered).Bind(3, receipt.Confirmed).Run();
                }

                return true;
            },
            cancellationToken);

    public ValueTask<FeedReceipt> FindAsync(UserId user, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            session =>
            {
                using var query = session.Use("SELECT delivered, confirmed FROM feeds WHERE user_id = ?1");
                return query.Bind(1, user.Value).Step()
                    ? new FeedReceipt(user, query.Number(0), query.Number(1))
                    : new FeedReceipt(user, 0, 0);
            },
            cancellationToken);
}
