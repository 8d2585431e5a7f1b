using System.Text.RegularExpressions;

namespace Apex.Usage.Tools.ProviderCompare;

/// <summary>
/// The name a model goes by whoever sells it: without the provider and region before it and without the date and revision after it.
/// Sizes, generations, fine-tunes and variants (<c>:free</c>) stay: only what sellers add is taken off.
/// </summary>
internal static partial class ModelFamily
{
    public static string Of(string model)
    {
        var name = model[(model.LastIndexOf('/') + 1)..].ToLowerInvariant();
        name = Seller().Replace(name, "");
        name = Revision().Replace(name, "");
        name = Date().Replace(name, "");
        // claude-3.5-sonnet and claude-3-5-sonnet are one model: sellers differ in how they write the point.
        name = PointInNumber().Replace(name, "-");
        return name.Length == 0 ? model : name;
    }

    // us.anthropic.claude-… · meta.llama3-… as clouds write them
    [GeneratedRegex(@"^((us|eu|apac|jp|au|ca|us-gov|global)\.)?((anthropic|meta|mistral|amazon|cohere|ai21|deepseek|qwen|openai|google|moonshot|minimax|nvidia|writer)\.)?")]
    private static partial Regex Seller();

    // -v1:0 · -v2 · @default · -latest
    [GeneratedRegex(@"(-v\d+(:\d+)?|@default|-latest)$")]
    private static partial Regex Revision();

    // -2024-08-06 · -20241022 · @20250219
    [GeneratedRegex(@"(-20\d\d-[01]\d-[0-3]\d|[-@]20\d\d[01]\d[0-3]\d)$")]
    private static partial Regex Date();

    [GeneratedRegex(@"(?<=\d)\.(?=\d)")]
    private static partial Regex PointInNumber();
}
