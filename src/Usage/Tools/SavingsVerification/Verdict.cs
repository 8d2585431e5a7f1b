namespace Apex.Usage.Tools.SavingsVerification;

/// <summary>Verified only where the whole interval is a saving and quality was kept; anything else is not shown.</summary>
internal static class Verdict
{
    public const string Verified = "verified";
    public const string NotShown = "not_shown";

    /// <param name="interval">Of the saving.</param>
    /// <param name="guard">passed, failed or not_measured.</param>
    public static (string Verdict, string Why) Of(Interval interval, string guard) => (interval, guard) switch
    {
        ({ High: < 0 }, _) => (NotShown, "The cost per unit rose."),
        ({ Low: <= 0 }, _) => (NotShown, "The interval of the saving holds zero: days differ by as much without any change."),
        (_, "failed") => (NotShown, "The cost per unit fell, but a loss of quality beyond the margin cannot be ruled out."),
        (_, "not_measured") => (NotShown, "The cost per unit fell, but the log holds no measure of quality, so whether quality was kept is not known."),
        _ => (Verified, "The whole interval is a saving, and quality was kept within the margin."),
    };
}
