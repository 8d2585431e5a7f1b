namespace Apex.Server.Reporting.Documents;

/// <summary>What grades mean, in a reader's words.</summary>
internal static class GradeWords
{
    /// <summary>For a table's cell.</summary>
    public static string Short(string? grade) => grade switch
    {
        "A" => "A · arithmetic",
        "B" => "B · replayed",
        "C" => "C · estimated",
        "D" => "D · indication",
        _ => "",
    };

    public const string Explained =
        "Grades: A is arithmetic over logged and priced rows; B a replay over rows that hold every field it needs; C rests on a stated "
        + "assumption; D is an indication only and never part of a saving. Too little data, unpriced rows or missing fields cost a grade.";
}
