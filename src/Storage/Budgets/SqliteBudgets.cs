using Apex.Protocol.Ids;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Budgets;

internal sealed class SqliteBudgets(SqliteReaders readers, SqliteWriter writer) : IBudgetStore
{
    private const string Settings = "kind, owner, nano_per_day, nano_per_month, tokens_per_day, tokens_per_month, set_at, set_by";

    public async ValueTask<BudgetStanding?> ReserveAsync(
        BudgetReservation reservation, IReadOnlyList<BudgetLimit> limits, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            session =>
            {
                foreach (var limit in limits)
                {
                    var standing = Read(session, limit);
                    if (checked(standing.Spent + standing.Held + reservation.Amount.In(limit.Unit)) > limit.Most)
                        return standing;
                }

                session.Use(
                        """
                        INSERT INTO budget_held (id, user_id, organisation_id, run_id, nano, tokens, held_at)
                        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                        """)
                    .Bind(1, reservation.Id)
                    .Bind(2, reservation.User.Value)
                    .Bind(3, reservation.OrganisationId)
                    .Bind(4, reservation.Run.Value)
                    .Bind(5, reservation.Amount.NanoDollars)
                    .Bind(6, reservation.Amount.Tokens)
                    .Bind(7, reservation.At)
                    .Run();
                return null;
            },
            cancellationToken);

    public async ValueTask SettleAsync(BudgetReservation reservation, BudgetAmount spent, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            session =>
            {
                if (session.Use("DELETE FROM budget_held WHERE id = ?1").Bind(1, reservation.Id).Run() == 1)
                    Count(session, reservation, spent);
                return 0;
            },
            cancellationToken);

    public async ValueTask<int> SettleLeftAsync(CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            session =>
            {
                foreach (var left in ReadHeld(session))
                    Count(session, left, left.Amount);
                return (int)session.Use("DELETE FROM budget_held").Run();
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<BudgetStanding>> ReadAsync(IReadOnlyList<BudgetLimit> limits, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<BudgetStanding>>(session => [.. limits.Select(limit => Read(session, limit))], cancellationToken);

    public ValueTask<BudgetSetting?> FindSettingAsync(BudgetOwner owner, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            session =>
            {
                using var query = session.Use($"SELECT {Settings} FROM budget_settings WHERE kind = ?1 AND owner = ?2");
                return query.Bind(1, owner.Kind).Bind(2, owner.Id).Step() ? ReadSetting(query) : null;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<BudgetSetting>> ListSettingsAsync(CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<BudgetSetting>>(
            session =>
            {
                var found = new List<BudgetSetting>();
                using var query = session.Use($"SELECT {Settings} FROM budget_settings ORDER BY kind, owner");
                while (query.Step())
                    found.Add(ReadSetting(query));
                return found;
            },
            cancellationToken);

    public async ValueTask SaveSettingAsync(BudgetSetting setting, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            session =>
            {
                session.Use("DELETE FROM budget_settings WHERE kind = ?1 AND owner = ?2").Bind(1, setting.Owner.Kind).Bind(2, setting.Owner.Id).Run();
                if (setting.IsEmpty)
                    return 0;
                session.Use($"INSERT INTO budget_settings ({Settings}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
                    .Bind(1, setting.Owner.Kind)
                    .Bind(2, setting.Owner.Id)
                    .Bind(3, setting.NanoDollarsPerDay)
                    .Bind(4, setting.NanoDollarsPerMonth)
                    .Bind(5, setting.TokensPerDay)
                    .Bind(6, setting.TokensPerMonth)
                    .Bind(7, setting.At)
                    .Bind(8, setting.By.Value)
                    .Run();
                return 0;
            },
            cancellationToken);

    private static void Count(SqliteSession session, BudgetReservation reservation, BudgetAmount spent)
    {
        if (spent == default)
            return;
        foreach (var owner in (BudgetOwner[])[BudgetOwner.Of(reservation.User), BudgetOwner.OfOrganisation(reservation.OrganisationId)])
        {
            foreach (var period in (string[])[reservation.Day, reservation.Month])
            {
                session.Use(
                        """
                        INSERT INTO budget_spent (kind, owner, period, nano, tokens) VALUES (?1, ?2, ?3, ?4, ?5)
                        ON CONFLICT (kind, owner, period) DO UPDATE SET nano = nano + excluded.nano, tokens = tokens + excluded.tokens
                        """)
                    .Bind(1, owner.Kind).Bind(2, owner.Id).Bind(3, period).Bind(4, spent.NanoDollars).Bind(5, spent.Tokens)
                    .Run();
            }
        }

        session.Use("UPDATE runs SET tokens_used = tokens_used + ?3 WHERE user_id = ?1 AND id = ?2")
            .Bind(1, reservation.User.Value).Bind(2, reservation.Run.Value).Bind(3, spent.Tokens)
            .Run();
    }

    private static List<BudgetReservation> ReadHeld(SqliteSession session)
    {
        var held = new List<BudgetReservation>();
        using var query = session.Use("SELECT id, user_id, organisation_id, run_id, nano, tokens, held_at FROM budget_held");
        while (query.Step())
        {
            var at = query.Time(6);
            held.Add(new BudgetReservation(
                query.Text(0), new UserId(query.Text(1)), query.Text(2), new RunId(query.Text(3)),
                new BudgetAmount(query.Number(4), query.Number(5)), BudgetPeriod.DayOf(at), BudgetPeriod.MonthOf(at), at));
        }

        return held;
    }

    private static BudgetStanding Read(SqliteSession session, BudgetLimit limit)
    {
        var column = limit.Unit == BudgetUnit.Tokens ? "tokens" : "nano";
        var holder = limit.Owner.Kind == "user" ? "user_id" : "organisation_id";
        using var query = session.Use(
            $"""
            SELECT coalesce((SELECT {column} FROM budget_spent WHERE kind = ?1 AND owner = ?2 AND period = ?3), 0),
                   coalesce((SELECT sum({column}) FROM budget_held WHERE {holder} = ?2), 0)
            """);
        query.Bind(1, limit.Owner.Kind).Bind(2, limit.Owner.Id).Bind(3, limit.Period).Step();
        return new BudgetStanding(limit, query.Number(0), query.Number(1));
    }

    private static BudgetSetting ReadSetting(SqliteStatement row) => new(
        new BudgetOwner(row.Text(0), row.Text(1)), row.NumberOrNull(2), row.NumberOrNull(3), row.NumberOrNull(4), row.NumberOrNull(5),
        row.Time(6), new UserId(row.Text(7)));
}
