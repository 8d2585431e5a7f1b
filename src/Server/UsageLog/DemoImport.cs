using Apex.Agents.Tools;
using Apex.Protocol.Http;
using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Query;

namespace Apex.Server.UsageLog;

/// <summary>
/// Puts a generated organisation's calls into the log. Equal requests generate equal rows, so asking twice adds nothing; every row
/// says that it is generated.
/// </summary>
internal sealed class DemoImport(DemoOptions demo, IUsageLog log, IPriceBooks prices, ImportOrder order) : ImportWork
{
    private const int MaxDays = 730;
    private const int BatchRows = 10_000;

    public override string Operation => "demo";

    /// <returns>The options, or what is wrong with the days.</returns>
    public static (DemoOptions? Options, string? Problem) Read(DemoRequest? request)
    {
        var defaults = new DemoOptions();
        var days = request?.Days ?? defaults.Days;
        return days is < 1 or > MaxDays
            ? (null, $"days is {days}; it needs 1 to {MaxDays}.")
            : (defaults with { Seed = request?.Seed ?? defaults.Seed, Days = days }, null);
    }

    public override async Task<ImportJobView> DoAsync(
        string organisationId, ImportJobView view, IProgress<ImportJobView> progress, CancellationToken cancellationToken)
    {
        var tenant = new TenantId(organisationId);
        var book = await prices.GetAsync(organisationId, cancellationToken);
        var done = view with
        {
            Format = "generated",
            Notes = ["Every row is generated: its source is demo and it carries the tag generated. Nothing in it is real."],
        };
        var mark = await log.FindMarkAsync(tenant, order.JobId, cancellationToken) ?? new ImportMark(order.JobId, 0, 0);
        var behind = mark.RowsTaken;
        done = done with { RowsStored = mark.RowsStored, RowsDuplicate = mark.RowsTaken - mark.RowsStored };
        foreach (var batch in DemoOrganisation.Generate(demo).Chunk(BatchRows))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rows = Array.ConvertAll(batch, row => (row with
            {
                EventId = UsageEventKey.EventId(tenant, row.Source, row.SourceId),
                // The generated parent is named by its generated id, which ends in its source id.
                ParentEventId = row.ParentEventId is { } parent
                    ? UsageEventKey.EventId(tenant, row.Source, DemoOrganisation.SourceIdOf(parent))
                    : null,
            }).PricedBy(book));
            // Equal options make equal batches: those of an earlier process need not be written again.
            var isThere = behind >= rows.Length;
            behind -= isThere ? rows.Length : 0;
            var stored = isThere ? 0 : await log.AppendAsync(tenant, rows, mark, cancellationToken);
            if (!isThere)
                mark = mark with { RowsTaken = mark.RowsTaken + rows.Length, RowsStored = mark.RowsStored + stored };
            done = done with
            {
                RowsRead = done.RowsRead + rows.Length,
                RowsStored = done.RowsStored + stored,
                RowsDuplicate = done.RowsDuplicate + (isThere ? 0 : rows.Length - stored),
                FirstStart = done.FirstStart ?? rows[0].StartedAt,
                LastStart = rows[^1].StartedAt,
            };
            progress.Report(done);
        }

        return done;
    }

    public override async ValueTask DisposeAsync() =>
        await log.ForgetMarkAsync(new TenantId(order.OrganisationId), order.JobId, CancellationToken.None);
}
