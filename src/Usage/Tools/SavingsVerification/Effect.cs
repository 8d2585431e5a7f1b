namespace Apex.Usage.Tools.SavingsVerification;

/// <summary>A change of cost per unit on the log scale, on which rises and falls by the same factor weigh the same.</summary>
/// <param name="Log">ln(with / without).</param>
/// <param name="Low">95 %, ln.</param>
/// <param name="High">95 %, ln.</param>
internal sealed record Effect(double Log, double StandardError, double Low, double High, int Days)
{
    /// <summary>Two-sided 5 % and 80 % power.</summary>
    private const double PowerPoints = 1.959963984540054 + 0.8416212335729143;

    public static Effect Of(double log, double error, double point, int days) =>
        new(log, error, log - (point * error), log + (point * error), days);

    public double Saving => 1 - Math.Exp(Log);

    /// <summary>A high cost is a low saving, so the ends change places.</summary>
    public Interval SavingInterval => new(Math.Round(1 - Math.Exp(High), 6), Math.Round(1 - Math.Exp(Low), 6));

    public double Detectable => 1 - Math.Exp(-PowerPoints * StandardError);
}
