using Apex.Protocol.Reports;
using Apex.Server.Reporting.Charts;
using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>What a prompt cache would have read and saved.</summary>
internal static class CachingSection
{
    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("caching") is not { } caching || !caching.Result.Flag("answered"))
            return;
        draft.Section("What a prompt cache would save");
        draft.From(caching);
        var result = caching.Result;
        var read = result.Number("hit_shares/token_share");
        draft.Text(
            $"Replayed call by call, a cache that keeps prompts for {Words.Of(result.Number("profile/ttl_minutes"), "count")} minutes would have read "
            + $"{Words.Share(read)} of all input tokens: {FieldText.Short(result.Number("tokens/read_tokens") ?? 0, "tokens")} of {FieldText.Short(result.Number("input_tokens") ?? 0, "tokens")}.");
        if (result.Number("money/saving_usd") is > 0 and var saving)
        {
            draft.Brief($"A prompt cache would have saved {Words.Dollars(saving)}, {Words.Share(result.Number("money/saving_share"))} of what input cost.");
            draft.Grid(
                ["", ">Input cost"],
                new GridCell[][]
                {
                    ["as logged", Words.Dollars(result.Number("money/logged_input_usd"))],
                    ["with it, writes paid", Words.Dollars(result.Number("money/cached_input_usd"))],
                    ["saved", Words.Dollars(saving)],
                });
        }

        foreach (var chart in EnvelopeCharts.Of(caching))
            draft.Picture(chart);
    }
}
