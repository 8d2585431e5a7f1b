using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.PrefixCache;

/// <summary>T22: what a prompt-prefix cache would have read, written and saved over the log's own traffic.</summary>
internal sealed class PrefixCacheSimTool() : LogTool(
    "prefix_cache_sim", "T22", "What a prompt-prefix cache would have read and saved over the log's own traffic, by cache kind, lifetime and capacity.",
    ArgumentSpec.Choice("profile", "Kind of cache; its numbers can be overridden below. auto: of the vendor whose models read most of the input.", "auto", "auto", "openai", "anthropic_5m", "anthropic_1h", "engine"),
    ArgumentSpec.Number("ttl_minutes", "Lifetime after the last use; 0: entries never expire.", null, 0, 525_600),
    ArgumentSpec.Number("capacity_tokens", "Tokens the cache holds; 0: without limit.", null, 0, 1e15),
    ArgumentSpec.Number("min_tokens", "Shortest prefix that counts as a hit.", null, 0, 1_000_000),
    ArgumentSpec.Number("step_tokens", "Hits are rounded down to a multiple of it.", null, 1, 1_000_000),
    ArgumentSpec.Choice("scope", "model: blocks are shared within a model; all: across models.", "model", "model", "all"),
    new ArgumentSpec("price_model", ArgumentKind.Text, "Prices to assume for rows that name no model.", Max: 200),
    new ArgumentSpec("ttl_grid_minutes", ArgumentKind.Numbers, "Lifetimes of the grid; 0: never expires. Default 1, 5, 10, 60, 0.", Max: 12),
    new ArgumentSpec("capacity_grid_tokens", ArgumentKind.Numbers,
        "Capacities of the grid; 0: without limit. Default 1, 5, 20 and 50 million, 0.", Max: 12))
{
    private static readonly IReadOnlyList<string> Columns =
    [
        UsageColumns.EventId, UsageColumns.PrefixBlockHashes, UsageColumns.BlockSize, UsageColumns.ToolsHash, UsageColumns.ToolsTokens,
        .. UsageColumns.Pricing,
    ];

    private static readonly string[] Next = ["rank_actions", "token_distribution", "sufficiency"];

    protected override string Version => "5";

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var profile = await ProfileAsync(inquiry, cancellationToken);
        var hashed = await CountAsync(inquiry, UsageColumns.PrefixBlockHashes, cancellationToken);
        var column = hashed > 0 ? UsageColumns.PrefixBlockHashes : "tools_hash";
        var usable = hashed > 0 ? hashed : await CountAsync(inquiry, "tools_hash", cancellationToken);
        if (usable == 0)
            return Refuse(inquiry, profile);

        var simulation = new CacheSimulation(inquiry, profile, hashed > 0);
        await inquiry.EachAsync(Columns, simulation.Add, cancellationToken, wherePresent: column);
        var result = simulation.Result();
        if (result.Requests == 0)
            return Refuse(inquiry, profile);

        Explain(inquiry, profile, simulation, result);
        inquiry.Exclude("no_prefix_hashes", inquiry.Totals.Rows - result.Requests);
        var rests = profile.Name == "engine" && hashed > 0 && result.Profile.PriceModel is null;
        return inquiry.Answer(
            result, ResultJson.Default.PrefixCacheResult, rests ? Grade.B : Grade.C, Next,
            Figures.Share(result.Requests, inquiry.Totals.Rows), needsPrices: false, rowsUsed: result.Requests);
    }

    private static async Task<CacheProfile> ProfileAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var arguments = inquiry.Arguments;
        var profile = arguments.Choice("profile") == CacheProfile.Auto
            ? await OfMostInputAsync(inquiry, cancellationToken)
            : CacheProfile.Named(arguments.Choice("profile"));
        return profile with
        {
            Ttl = arguments.FindNumber("ttl_minutes") is { } minutes ? Minutes(minutes) : profile.Ttl,
            MinTokens = (int)(arguments.FindNumber("min_tokens") ?? profile.MinTokens),
            StepTokens = (int)(arguments.FindNumber("step_tokens") ?? profile.StepTokens),
        };
    }

    /// <summary>One kind of cache is replayed at a time; where models of several vendors read the log's input, the caveat says which is meant.</summary>
    private static async Task<CacheProfile> OfMostInputAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var table = await inquiry.QueryAsync([Dimension.Model], [new("input", MeasureKind.InputTokens)], cancellationToken);
        var assumed = inquiry.Arguments.FindText("price_model");
        var byProfile = table.Rows.GroupBy(row => CacheProfile.OfModel(row.Keys[0] ?? assumed).Name)
            .ToDictionary(group => group.Key, group => group.Sum(row => new Cells(table, row).Count("input")));
        var most = CacheProfile.Named(byProfile.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => pair.Key).FirstOrDefault(CacheProfile.OfModel(assumed).Name));
        if (byProfile.Count > 1)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Models of vendors with other cache rules read {1 - Figures.Share(byProfile[most.Name], byProfile.Values.Sum()):P1} of the input; here they are replayed under {most.Name} too. what_if replays each under its own."));
        return most;
    }

    internal static TimeSpan? Minutes(double minutes) => minutes == 0 ? null : TimeSpan.FromMinutes(minutes);

    private static async Task<long> CountAsync(Inquiry inquiry, string column, CancellationToken cancellationToken)
    {
        var table = await inquiry.QueryAsync([], [new("present", MeasureKind.Present, Field: column)], cancellationToken);
        return new Cells(table, table.Rows.Count == 0 ? null : table.Rows[0]).Count("present");
    }

    private static ResultEnvelope Refuse(Inquiry inquiry, CacheProfile profile)
    {
        inquiry.Exclude("no_prefix_hashes", inquiry.Totals.Rows);
        var result = new PrefixCacheResult(
            false,
            "No row carries prefix_block_hashes (salted hashes of the prompt's blocks) or tools_hash with "
            + "tools_tokens. Log either and ask again; a few days are enough.",
            null, CacheSimulation.Shown(profile, inquiry.Arguments, null), 0, 0, 0, 0, 0, 0, 0, new(0, 0, 0), new(0, 0, 0, 0, 0), null, [], []);
        return inquiry.Answer(result, ResultJson.Default.PrefixCacheResult, Grade.D, ["sufficiency", "token_distribution"], 0, needsPrices: false, rowsUsed: 0);
    }

    private static void Explain(Inquiry inquiry, CacheProfile profile, CacheSimulation simulation, PrefixCacheResult result)
    {
        inquiry.Assumptions.Add(profile.Statement);
        inquiry.Check(
            result.Tokens.ReadTokens + result.Tokens.WrittenTokens + result.Tokens.PlainTokens == result.InputTokens,
            "read, written and plain tokens sum to the input tokens");
        inquiry.Check(simulation.GridRises(), "the hit share never falls with a longer lifetime or a larger capacity");
        if (result.Basis == "tools_hash")
            inquiry.Assumptions.Add("Only the tool definitions are known to repeat, so every figure is a lower bound.");
        if (simulation.AssumedRows > 0)
            inquiry.Assumptions.Add(string.Create(CultureInfo.InvariantCulture,
                $"Rows that name no model: {simulation.AssumedRows:N0}; the prices of "
                + $"{result.Profile.PriceModel} are assumed for them."));
        if (simulation.WithoutCachePrice > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Rows of a model without a known price for cached input: {simulation.WithoutCachePrice:N0}; "
                + $"it was priced as plain input, so the saving is understated."));
        if (simulation.ForgottenBlocks > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"More than {BlockRecency.DefaultMaxBlocks:N0} distinct blocks were alive; the "
                + $"{simulation.ForgottenBlocks:N0} least recent were forgotten, so hits without limit are a "
                + $"lower bound."));
        if (simulation.MixedBlockSizes)
            inquiry.Caveats.Add("Rows have blocks of different sizes; capacities are counted in each row's own block size.");
        if (result.Money is { } money && money.LoggedInputUsd < money.PlainInputUsd)
            inquiry.Assumptions.Add("A cache is in use already; the saving is what the replayed one would gain over it.");
        if (result.Money is not null && result.Days < Grading.DaysNeeded)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"saving_per_month_usd scales {result.Days:0.##} days up to 30: an illustration, not a forecast."));
        inquiry.Caveats.Add(
            "Hits end at whole blocks: shared prefixes shorter than a block are not seen, so shares are a lower "
            + "bound.");
    }
}
