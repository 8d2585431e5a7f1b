namespace Apex.Usage.Tools.PriceLint;

/// <summary>What <c>price_lint</c> found.</summary>
/// <param name="KeysChecked">Price keys that were looked at.</param>
/// <param name="TouchedUsd">Cost by the price book of the log's models with a finding, each counted once.</param>
/// <param name="Findings">Those that touch most money first.</param>
internal sealed record PriceLintResult(
    string Scope,
    int KeysChecked,
    long FindingCount,
    decimal TouchedUsd,
    double TouchedShare,
    IReadOnlyList<LintCount> ByKind,
    IReadOnlyList<LintFinding> Findings);

internal sealed record LintCount(string Kind, long Findings);

/// <param name="Kind">ratio, jump, deprecation or unmatched.</param>
/// <param name="Severity">warning, or info where the money touched is nothing or the price later proves right.</param>
/// <param name="PerMillionUsd">The price looked at; null where it is not about one.</param>
/// <param name="ReferencePerMillionUsd">The plain input price, or the price before.</param>
/// <param name="CostUsd">Cost by the price book of the log's rows priced by this key.</param>
/// <param name="RecordedUsd">What the sources recorded for them.</param>
internal sealed record LintFinding(
    string Kind, string Severity, string Model, string? EffectiveFrom, string? Field, decimal? PerMillionUsd, decimal? ReferencePerMillionUsd,
    long Requests, decimal CostUsd, decimal RecordedUsd, string Message);
