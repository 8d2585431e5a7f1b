namespace Apex.Usage.Tools.SavingsVerification;

/// <summary>What <c>savings_verification</c> found.</summary>
/// <param name="Refusal">Why there is no figure; null when there is.</param>
/// <param name="Design">split, control or before_after.</param>
/// <param name="Label">controlled, or uncontrolled where only time tells before from after.</param>
/// <param name="Verdict">verified or not_shown; null with a refusal.</param>
/// <param name="Why">What the verdict rests on, in words.</param>
/// <param name="SavingRatio">Part of the cost of a unit that was saved; below zero where it rose.</param>
/// <param name="Interval">95 % interval of <paramref name="SavingRatio"/>.</param>
/// <param name="DetectableRatio">The least saving that days as noisy as these show with 80 % power.</param>
/// <param name="SavedUsd">Over the days compared with the change in force: what they would have cost without, less what they cost.</param>
/// <param name="DaysCompared">Days, or pairs of days, with calls on both sides.</param>
/// <param name="Removed">What was taken out of a comparison of before with after; null for other designs.</param>
/// <param name="QualityGuard">passed, failed or not_measured.</param>
internal sealed record SavingsVerificationResult(
    string? Refusal, string Design, string Label, string? ChangeDate, string Unit, string? Verdict, string? Why, double? SavingRatio,
    Interval? Interval, double? DetectableRatio, decimal? SavedUsd, int DaysCompared, VerifiedSide? Without, VerifiedSide? With,
    RemovedEffects? Removed, string QualityGuard, double QualityMargin, IReadOnlyList<QualityCheck> Quality);

/// <summary>The days without the change, or with it.</summary>
internal sealed record VerifiedSide(DateOnly From, DateOnly To, long Requests, long Units, decimal CostUsd, decimal? CostPerUnitUsd);

/// <summary>Effects not owed to the change, as parts of the cost per unit before: above zero they made it dearer.</summary>
/// <param name="PriceRatio">Prices of the same model, feature and service tier.</param>
/// <param name="MixRatio">Requests moved between features.</param>
/// <param name="RawSavingRatio">The saving before they were removed.</param>
internal sealed record RemovedEffects(double PriceRatio, double MixRatio, double RawSavingRatio);

/// <param name="Measure">success, good_outcome or quality_score.</param>
/// <param name="Difference">With the change less without; of a control group's own difference where there is one.</param>
/// <param name="LowerBound">Of the difference, 97.5 % one-sided; above −margin the measure is not inferior.</param>
internal sealed record QualityCheck(string Measure, double Without, double With, double Difference, double LowerBound, bool Passes);
