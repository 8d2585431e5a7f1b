namespace Apex.Usage.Tools.DeprecationExposure;

/// <summary>What <c>deprecation_exposure</c> found.</summary>
/// <param name="AsOf">The day dates are judged from.</param>
/// <param name="ExposedShare">Cost of exposed models over all cost by the price book.</param>
/// <param name="ModelsWithDates">Models of the log whose price row names a date: of the others nothing is known.</param>
internal sealed record DeprecationExposureResult(
    string AsOf,
    int WithinDays,
    decimal ExposedUsd,
    double ExposedShare,
    decimal ExposedPerMonthUsd,
    int ModelsInLog,
    int ModelsWithDates,
    IReadOnlyList<ExposedModel> Models);

/// <param name="Reason">deprecation_date (the price row names a day) or removed (the newest price list no longer has the model).</param>
/// <param name="DaysLeft">Below zero: over already. Null for removed models.</param>
/// <param name="PerMonthUsd">Cost of the window's last 30 days: 0 for a model no longer used.</param>
/// <param name="Features">Those that spend most on it.</param>
/// <param name="Heirs">Models of the same vendor to look at first, and what the last 30 days would cost on each.</param>
internal sealed record ExposedModel(
    string Model,
    string? Provider,
    string PriceKey,
    string Reason,
    string? EndsOn,
    int? DaysLeft,
    long Requests,
    decimal CostUsd,
    double CostShare,
    decimal PerMonthUsd,
    string LastUsed,
    IReadOnlyList<ExposedFeature> Features,
    IReadOnlyList<Heir> Heirs);

internal sealed record ExposedFeature(string? Feature, long Requests, decimal CostUsd);

/// <param name="PerMonthUsd">The same tokens at its list prices; null where the model is no longer used.</param>
internal sealed record Heir(string Model, decimal? PerMonthUsd, decimal InputPerMillionUsd, decimal OutputPerMillionUsd);
