using Apex.Protocol.Http;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Server.UsageLog;

/// <summary>Changes the organisation's price book as it was told to, and prices its whole log anew.</summary>
internal sealed class PriceChange(
    IUsageLog log, TimeProvider clock, IReadOnlyList<PriceRow> rowsToCheck,
    Func<string, CancellationToken, ValueTask<PriceBook>> change) : ImportWork
{
    private const int MaxFindings = 20;

    public override string Operation => "prices";

    public override bool AddsRows => false;

    public override async Task<ImportJobView> DoAsync(
        string organisationId, ImportJobView view, IProgress<ImportJobView> progress, CancellationToken cancellationToken)
    {
        var book = await change(organisationId, cancellationToken);
        var repriced = await log.RepriceAsync(new TenantId(organisationId), book, cancellationToken);
        return view with
        {
            Format = "prices",
            Notes = [.. Findings(rowsToCheck, clock), .. Outcome(book, repriced)],
        };
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public static IEnumerable<string> Outcome(PriceBook book, long repriced) =>
    [
        repriced == 1 ? "The cost of 1 row of the usage log changed." : $"The cost of {repriced} rows of the usage log changed.",
        $"The price book's version is {book.Version}.",
    ];

    /// <summary>What looks like a mistake among the prices, in sentences.</summary>
    public static IEnumerable<string> Findings(IReadOnlyList<PriceRow> rows, TimeProvider clock)
    {
        var findings = PriceLint.Check(rows, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime));
        foreach (var finding in findings.Take(MaxFindings))
            yield return "Worth a look: " + finding.Message;
        if (findings.Count > MaxFindings)
            yield return $"{findings.Count - MaxFindings} more prices are worth a look.";
    }
}
