using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tests.Tools;

/// <summary>
/// The joint replay as its page words it, for one choice of actions at a time: a list of rows, one pass per action, nothing shared
/// with the tool but the price book. The prompt cache is a plain dictionary of blocks, each named by all the blocks before it.
/// </summary>
internal static class NaiveWhatIf
{
    public const string Cheap = "gpt-4o-mini";
    public const string CheapClaude = "claude-3-5-haiku-20241022";
    public const long Cap = 700;
    public const long Trim = 3_000;
    public const long Kept = 512;
    public const decimal OutputRatio = 1.3m;
    public const decimal CommitShare = 0.07m;
    public const decimal CommitMonthly = 45;

    /// <summary>Equal to the choices below, bit by bit.</summary>
    public const string Actions =
        """
        {"actions": [
          {"kind": "drop_waste"}, {"kind": "exact_cache", "ttl_minutes": 10, "any_temperature": true},
          {"kind": "trim_context", "max_input_tokens": 3000, "keep_tokens": 512},
          {"kind": "switch_model", "from": ["gpt-4o"], "to": "gpt-4o-mini", "output_ratio": 1.3},
          {"kind": "prefix_cache"}, {"kind": "cap_output", "max_output_tokens": 700},
          {"kind": "shift_tier", "to": "batch"},
          {"kind": "commitment", "discount_share": 0.07, "monthly_usd": 45, "model_prefix": "gpt-4o"}
        ]}
        """;

    public static long Cost(IReadOnlyList<UsageEvent> log, int choice, PriceBook prices, decimal months)
    {
        var rows = log.Where(row => row.CostEffective is not null).Select(row => (row, Was: row, Kept: row.PrefixBlockHashes?.Count ?? 0)).ToList();
        if (Has(choice, 0))
            rows.RemoveAll(one => one.Was.Status is CallStatus.Error or CallStatus.Timeout);
        if (Has(choice, 1))
            rows = [.. WithoutRepeats(rows)];
        if (Has(choice, 2))
            rows = [.. rows.Select(one => one.Was.InputTotal > Trim ? (Cut(one.row), one.Was, (int)Math.Min(one.Kept, Kept / one.Was.BlockSize ?? 1)) : one)];
        if (Has(choice, 3))
            rows = [.. rows.Select(one => one.Was.Model == "gpt-4o" ? (Switched(one.row), one.Was, one.Kept) : one)];
        if (Has(choice, 4))
            rows = [.. Cached(rows)];
        if (Has(choice, 5))
            rows = [.. rows.Select(one => (Capped(one.row), one.Was, one.Kept))];
        if (Has(choice, 6))
            rows = [.. rows.Select(one => one.Was.BatchableHint == true ? (one.row with { ServiceTier = ServiceTier.Batch }, one.Was, one.Kept) : one)];

        long cost = 0;
        long covered = 0;
        foreach (var (row, was, _) in rows)
        {
            var each = row == was ? was.CostEffective!.Value.Value : (prices.Price(row).Effective ?? was.CostEffective!.Value).Value;
            if (Has(choice, 7) && row.Model!.StartsWith("gpt-4o", StringComparison.Ordinal))
            {
                each = (long)decimal.Round(each * (1 - CommitShare));
                covered += each;
            }

            cost += each;
        }

        return Has(choice, 7) ? cost + Math.Max(0, (long)decimal.Round(CommitMonthly * NanoDollars.PerDollar * months) - covered) : cost;
    }

    /// <summary>Each action's mean gain over every order of taking the actions, in nano-dollars.</summary>
    public static double[] MeanGains(long[] costs, int actions)
    {
        var gains = new double[actions];
        var orders = 0;
        foreach (var order in Orders([.. Enumerable.Range(0, actions)]))
        {
            orders++;
            var taken = 0;
            foreach (var action in order)
            {
                gains[action] += costs[taken] - costs[taken | (1 << action)];
                taken |= 1 << action;
            }
        }

        return [.. gains.Select(gain => gain / orders)];
    }

    private static bool Has(int choice, int action) => (choice & (1 << action)) != 0;

    private static IEnumerable<(UsageEvent, UsageEvent, int)> WithoutRepeats(List<(UsageEvent Row, UsageEvent Was, int Kept)> rows)
    {
        var stored = new List<UsageEvent>();
        foreach (var one in rows)
        {
            if (one.Was.PromptHash is not null && one.Was.Status == CallStatus.Success)
            {
                if (stored.Any(old => old.PromptHash == one.Was.PromptHash && old.Model == one.Was.Model
                    && one.Was.StartedAt - old.StartedAt <= TimeSpan.FromMinutes(10)))
                    continue;
                stored.Add(one.Was);
            }

            yield return one;
        }
    }

    private static UsageEvent Cut(UsageEvent row)
    {
        var read = Math.Min(row.InCacheRead, Kept);
        return row with { InCacheRead = read, InUncached = Trim - read };
    }

    private static UsageEvent Switched(UsageEvent row) => row with
    {
        RequestModel = Cheap, Provider = null,
        OutVisible = (long)decimal.Round(row.OutVisible * OutputRatio), OutReasoning = (long)decimal.Round(row.OutReasoning * OutputRatio),
    };

    private static IEnumerable<(UsageEvent, UsageEvent, int)> Cached(List<(UsageEvent Row, UsageEvent Was, int Kept)> rows)
    {
        var seen = new Dictionary<string, DateTimeOffset>();
        foreach (var (row, was, kept) in rows)
        {
            if (was.PrefixBlockHashes is null || was.InCacheRead > 0)
            {
                yield return (row, was, kept);
                continue;
            }

            var names = Enumerable.Range(1, kept).Select(count => row.Model + ":" + string.Join('-', was.PrefixBlockHashes.Take(count))).ToList();
            long found = names.TakeWhile(name => seen.TryGetValue(name, out var at) && row.StartedAt - at <= TimeSpan.FromMinutes(5)).Count();
            foreach (var name in names)
                seen[name] = row.StartedAt;
            var isClaude = row.Model!.Contains("claude", StringComparison.Ordinal);
            var read = Math.Min(row.InUncached, found * was.BlockSize!.Value);
            read = read < 1_024 ? 0 : isClaude ? read : read / 128 * 128;
            var written = isClaude && row.InUncached >= 1_024 ? row.InUncached - read : 0;
            yield return (read == 0 && written == 0
                ? row
                : row with { InCacheRead = read, InCacheWrite5m = written, InUncached = row.InUncached - read - written }, was, kept);
        }
    }

    private static UsageEvent Capped(UsageEvent row)
    {
        if (row.OutputTotal <= Cap)
            return row;
        var reasoning = Math.Min(row.OutReasoning, Cap);
        return row with { OutReasoning = reasoning, OutVisible = Math.Min(row.OutVisible, Cap - reasoning) };
    }

    private static IEnumerable<int[]> Orders(int[] actions)
    {
        if (actions.Length <= 1)
        {
            yield return actions;
            yield break;
        }

        foreach (var first in actions)
            foreach (var rest in Orders([.. actions.Where(one => one != first)]))
                yield return [first, .. rest];
    }
}
