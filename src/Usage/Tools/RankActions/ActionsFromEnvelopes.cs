using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Apex.Usage.Tools.RankActions;

/// <summary>What can be done about each tool's findings.</summary>
internal static class ActionsFromEnvelopes
{
    public static IEnumerable<CandidateAction> Of(EnvelopeReader envelope) => envelope.Tool switch
    {
        "prefix_cache_sim" => CacheActions.Prompts(envelope),
        "cache_ttl_advisor" => CacheActions.Lifetimes(envelope),
        "cache_effectiveness" => CacheActions.Losing(envelope),
        "exact_cache_sim" => CacheActions.Answers(envelope),
        "oversized_context" => LengthActions.Inputs(envelope),
        "conversation_growth" => LengthActions.Histories(envelope),
        "output_limits" => LengthActions.Outputs(envelope),
        "reasoning_share" => LengthActions.Reasoning(envelope),
        "fixed_overhead" => LengthActions.Tools(envelope),
        "model_substitution" => RouteActions.Models(envelope),
        "batchable_share" => RouteActions.Batches(envelope),
        "tier_shift" => RouteActions.Tiers(envelope),
        "provisioned_break_even" => RouteActions.Units(envelope),
        "retry_waste" => RouteActions.Retries(envelope),
        "rate_limit_headroom" => RouteActions.Limits(envelope),
        "cost_reconcile" => Reconciliation(envelope),
        "data_quality" => Quality(envelope),
        "cost_anomaly" => Anomalies(envelope),
        "pareto" => Models(envelope),
        _ => [],
    };

    private static IEnumerable<CandidateAction> Reconciliation(EnvelopeReader envelope)
    {
        var excess = envelope.Usd("/outlier_excess_usd");
        if (excess != 0)
            yield return Action(
                envelope, "correct_outliers", "Correct recorded costs that no price explains", "correction", "/outlier_excess_usd",
                "These rows distort every sum of recorded cost; dispute them if they were billed.",
                new ActionArtefact("correction_list", Rows(envelope.List("/residuals").Where(row => EnvelopeReader.Text(row, "class") == "outlier"))),
                "Import the source again.", "cost_reconcile shows no row of class outlier.") with { AmountUsd = Math.Abs(excess) };

        var prices = envelope.List("/other_prices").ToList();
        if (prices.Count > 0)
            yield return Action(
                envelope, "add_billed_prices", "Enter the prices that were really billed", "correction", "/other_prices",
                "Several rows agree on a pair of prices the price book does not hold.",
                new ActionArtefact("price_rows", PriceLines(prices)), "Remove the rows from the price book.",
                "cost_reconcile counts these rows as exact.") with { AmountUsd = prices.Sum(price => Math.Abs(EnvelopeReader.Usd(price, "difference_usd"))) };

        var unpriced = envelope.List("/unpriced_models").ToList();
        if (unpriced.Count > 0)
            yield return Action(
                envelope, "price_unpriced_models", "Name prices for unpriced models", "measurement", "/unpriced_models",
                "Their cost is missing from every sum by the price book.",
                new ActionArtefact("price_rows", "effective_from,model,input_cost_per_token,output_cost_per_token\n"
                    + string.Join('\n', unpriced.Take(50).Select(model => $",{EnvelopeReader.Text(model, "model")},,"))),
                "Remove the rows from the price book.", "data_quality lists no unpriced model.")
                with { AmountUsd = unpriced.Sum(model => EnvelopeReader.Usd(model, "recorded_usd")) };
    }

    private static IEnumerable<CandidateAction> Quality(EnvelopeReader envelope)
    {
        foreach (var flag in envelope.List("/flags"))
        {
            var name = EnvelopeReader.Text(flag, "flag") ?? "";
            var amount = EnvelopeReader.Usd(flag, "at_stake_usd");
            var pointer = "/flags";
            if (name == "input_over_limit")
                yield return Action(
                    envelope, "cap_input", "Stop prompts above the model's limit before they are sent", "protection", pointer,
                    "The vendor refuses such calls; they cost waiting time, and money where a client books them.",
                    new ActionArtefact("limit", """{"limit": "input_tokens", "max": "max_input_tokens of the model", "action": "refuse"}"""),
                    "Remove the limit.", "data_quality shows no row of input_over_limit.") with { AmountUsd = amount };
            if (name == "model_missing")
                yield return Action(
                    envelope, "log_model_missing", "Log the model's name with every call", "measurement", pointer,
                    "Calls without a model's name cannot be priced.",
                    new ActionArtefact("logging_change", "Log gen_ai.request.model and gen_ai.response.model."), "None needed.",
                    "data_quality shows no row of model_missing.") with { Effort = "code", AmountUsd = amount };
            if (name == "model_redacted")
                yield return Action(
                    envelope, "log_model_redacted", "Let the log keep the names of models that it hides now", "measurement", pointer,
                    "A model without its name cannot be priced.",
                    new ActionArtefact("logging_change", "Take gen_ai.request.model and gen_ai.response.model out of what is redacted."),
                    "Redact them again.", "data_quality shows no row of model_redacted.") with { Effort = "code", AmountUsd = amount };
            if (name is "identical_row" or "same_call_again" or "duplicate_source")
                yield return Action(
                    envelope, "check_" + name, "Find out whether repeated rows are repeated calls", "correction", pointer,
                    "Either the same work was paid twice, or one call is logged twice.",
                    new ActionArtefact("correction_list", Rows(flag.TryGetProperty("examples", out var examples) ? examples.EnumerateArray() : [])),
                    "Import the source again.", $"data_quality shows no row of {name}.") with { AmountUsd = amount };
        }

        if (envelope.Usd("/unlogged_usd") > 0)
            yield return Action(
                envelope, "log_every_call", "Log every call, not a sample", "measurement", "/unlogged_usd",
                "Running session totals show spend that no row holds.",
                new ActionArtefact("logging_change", "Set the analytics sample rate to 1."), "Set it back.",
                "data_quality shows no unlogged spend.") with { AmountUsd = envelope.Usd("/unlogged_usd") };
    }

    private static IEnumerable<CandidateAction> Anomalies(EnvelopeReader envelope)
    {
        var days = envelope.Usd("/excess_usd");
        if (envelope.Count("/flagged_day_count") > 0)
            yield return Action(
                envelope, "alert_daily_cost", "Alert on days far above days like them", "protection", "/excess_usd",
                "Such days were seen before; the alert tells on the same day.",
                new ActionArtefact("alert_rule", new JsonObject
                {
                    ["metric"] = "cost_per_day_usd", ["baseline"] = "median of the same weekday, 8 weeks", ["modified_z_above"] = 3.5,
                    ["and_excess_usd_above"] = 1, ["every"] = "1h",
                }.ToJsonString()),
                "Switch the rule off.", "Replay the rule over the log: it fires on the flagged days and no others.") with { AmountUsd = days };
        if (envelope.Count("/flagged_row_count") > 0)
            yield return Action(
                envelope, "alert_recorded_cost", "Refuse to book a call at more than three times its list price", "protection", "/row_excess_usd",
                "One such row can outweigh a year of spend.",
                new ActionArtefact("alert_rule", """{"metric": "cost_recorded / cost_list", "above": 3, "and_gap_usd_above": 0.01, "action": "hold for review"}"""),
                "Switch the rule off.", "cost_anomaly shows no flagged row.") with { AmountUsd = envelope.Usd("/row_excess_usd") };
    }

    private static IEnumerable<CandidateAction> Models(EnvelopeReader envelope)
    {
        foreach (var row in envelope.List("/dominated").Take(5))
        {
            if (!row.TryGetProperty("candidate", out var candidate) || EnvelopeReader.Text(row, "by") is not { } by)
                continue;
            var name = EnvelopeReader.Text(candidate, "name") ?? "";
            yield return Action(
                envelope, $"shadow_test_{name}", $"Shadow-test {by} in place of {name}", "saving", "/dominated",
                "It is at least as good and cheaper in the comparison; whether on your own work, only a test shows.",
                new ActionArtefact("routing_rule", new JsonObject { ["match"] = new JsonObject { ["model"] = name }, ["mirror_to"] = by, ["share"] = 0.05 }.ToJsonString()),
                "Remove the rule.", "Compare outcomes of both arms before moving traffic.") with { Grade = Grade.D };
        }
    }

    private static CandidateAction Action(
        EnvelopeReader envelope, string id, string title, string kind, string pointer, string why, ActionArtefact artefact,
        string rollback, string verification) => new()
    {
        Id = id, Title = title, Kind = kind, Grade = envelope.Grade, Why = why, Evidence = envelope.Evidence(pointer),
        Artefact = artefact, Rollback = rollback, Verification = verification,
    };

    private static string Rows(IEnumerable<JsonElement> rows) => "event_id,source_id,recorded_usd,list_usd\n" + string.Join('\n', rows.Take(50).Select(row =>
        string.Create(CultureInfo.InvariantCulture,
            $"{EnvelopeReader.Text(row, "event_id")},{EnvelopeReader.Text(row, "source_id")},{EnvelopeReader.Usd(row, "recorded_usd")},{EnvelopeReader.Usd(row, "list_usd")}")));

    private static string PriceLines(IEnumerable<JsonElement> prices) =>
        "effective_from,model,input_cost_per_token,output_cost_per_token\n"
        + string.Join('\n', prices.Select(price => string.Create(CultureInfo.InvariantCulture,
            $"{EnvelopeReader.Text(price, "first")},{EnvelopeReader.Text(price, "model")},{EnvelopeReader.Usd(price, "input_usd_per_million") / 1_000_000m},{EnvelopeReader.Usd(price, "output_usd_per_million") / 1_000_000m}")));
}
