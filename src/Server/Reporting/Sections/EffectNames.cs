using Apex.Protocol.Reports;

namespace Apex.Server.Reporting.Sections;

/// <summary>What drives cost, in words of people who pay for it.</summary>
internal static class EffectNames
{
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["volume"] = "number of calls",
        ["mix"] = "shift between models and features",
        ["prompt_length"] = "length of prompts",
        ["output_length"] = "length of answers",
        ["cache"] = "use of caches",
        ["price"] = "prices",
        ["new_groups"] = "models and features newly used",
        ["gone_groups"] = "models and features no longer used",
        ["other"] = "fees, audio and images",
    };

    private static readonly Dictionary<string, string> Short = new(StringComparer.Ordinal)
    {
        ["volume"] = "number of calls",
        ["mix"] = "shift in use",
        ["prompt_length"] = "length of prompts",
        ["output_length"] = "length of answers",
        ["cache"] = "use of caches",
        ["price"] = "prices",
        ["new_groups"] = "newly used",
        ["gone_groups"] = "no longer used",
        ["other"] = "fees, audio, images",
    };

    public static string Of(string? effect) => effect is null ? "–" : Names.GetValueOrDefault(effect, effect.Replace('_', ' '));

    /// <summary>A chart of effects, whose labels are their names with spaces; under a column is room for two short words.</summary>
    public static Chart Plain(Chart chart) =>
        chart with { Labels = [.. chart.Labels.Select(label => Short.GetValueOrDefault(label.Replace(' ', '_'), label))] };
}
