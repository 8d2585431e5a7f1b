namespace Apex.Usage.Prices;

/// <summary>What a price file held.</summary>
/// <param name="Format">litellm_map or litellm_history.</param>
/// <param name="Models">Distinct model keys among the rows.</param>
/// <param name="Skipped">Entries without a price per token or call (images per second and the like): nothing to book.</param>
/// <param name="RejectedCount">All bad entries; <paramref name="Rejected"/> lists the first 1,000.</param>
public sealed record PriceImport(
    string Format, IReadOnlyList<PriceRow> Rows, int Models, int Skipped, int RejectedCount, IReadOnlyList<RejectedPrice> Rejected);

/// <param name="Line">Line of the file, from 1.</param>
/// <param name="Field">Column or property that is wrong.</param>
/// <param name="Value">As it stands in the file, cut at 100 characters; empty when missing.</param>
public sealed record RejectedPrice(long Line, string Model, string Field, string Value, string Reason);

/// <summary>A price file that cannot be read at all; the message says why and what is expected.</summary>
public sealed class PriceImportException(string message) : Exception(message);
