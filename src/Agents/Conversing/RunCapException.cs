namespace Apex.Agents.Conversing;

/// <summary>The next call of a model could use more than the run may.</summary>
/// <param name="message">Names the limit, what is used of it, and which tier has more.</param>
internal sealed class RunCapException(string message, string tier) : Exception(message)
{
    /// <summary>For the report, in which every number must come from a result.</summary>
    public string Note { get; } = $"No model was asked any further: the run had used the tokens that it may (limit tokens_per_run of tier {tier}).";
}
