using Apex.Usage.Query;

namespace Apex.Usage.Tools.Sufficiency;

/// <summary>What a kind of need is measured in.</summary>
internal enum NeedKind
{
    Rows,
    Days,
    Priced,

    /// <summary>Share of rows with a value in a column.</summary>
    Field,
}

/// <summary>One thing a question needs of the log.</summary>
/// <param name="Effort">1: a setting; 2: a line of code where calls are made; 3: people's work.</param>
internal sealed record Need(string Name, NeedKind Kind, double Amount, double Weight, int Effort, string Why, string Step)
{
    public static Need Rows(double amount = 200, double weight = 2) => new(
        "rows", NeedKind.Rows, amount, weight, 1, "Few rows make every share and percentile uncertain.",
        "Import more of the log; any of the formats will do.");

    public static Need Days(double amount, double weight, string why) => new(
        "days", NeedKind.Days, amount, weight, 1, why, $"Import at least {amount:0} days, or let the log run on.");

    public static Need Priced(double weight = 2) => new(
        "priced_share", NeedKind.Priced, 0.95, weight, 1, "Calls without a known price are missing from every sum.",
        "Import a price list, or rows for the models that data_quality lists as unpriced.");

    public static Need Field(string column, double weight, int effort, string why, string step) =>
        new(column, NeedKind.Field, 0.8, weight, effort, why, step);

    public static Need Model(double weight = 1) => Field(
        UsageColumns.RequestModel, weight, 2, "Without the model's name a call cannot be priced or compared.", "Log the model's full name with each call.");

    public static Need Feature(double weight = 1) => Field(
        UsageColumns.Feature, weight, 2, "Without it spend cannot be laid to a use.", "Tag each call with the feature that makes it.");

    public static Need User(double weight = 1) => Field(
        UsageColumns.UserId, weight, 2, "Without it spend cannot be laid to people.", "Log a (hashed) user id with each call.");

    public static Need Recorded(double weight) => Field(
        UsageColumns.CostRecorded, weight, 2, "Only a cost recorded elsewhere can be checked against the price list.",
        "Keep the cost your gateway or vendor reports with each call.");

    public static Need Quality(double weight) => Field(
        UsageColumns.QualityScore, weight, 3, "Without any measure of quality a saving may be a loss.",
        "Score a sample of answers: thumbs, an evaluation set, or whether the user undid the result.");

    public static Need PrefixHashes(double weight) => Field(
        UsageColumns.PrefixBlockHashes, weight, 2, "The cache replay compares prompts block by block.",
        "Log salted hashes of each prompt's blocks of 128 to 512 tokens; no text is needed. One day is enough.");

    public static Need PromptHash(double weight) => Field(
        UsageColumns.PromptHash, weight, 2, "Repeats are found by equal hashes.", "Log a salted hash of each whole prompt; no text is needed.");
}
