using System.Text.Json;
using System.Text.Json.Nodes;

namespace Apex.Usage.Tools.RankActions;

/// <summary>What can be done about where calls go: model, batch, tier, reserved units, retries, quota.</summary>
internal static class RouteActions
{
    private const string Monthly = "/saving_per_month_usd";
    private const int Rules = 20;

    public static IEnumerable<CandidateAction> Models(EnvelopeReader envelope)
    {
        var segments = envelope.List("/segments").Where(segment => EnvelopeReader.Text(segment, "suggested") is not null).Take(Rules).ToList();
        if (envelope.Usd(Monthly) <= 0 || segments.Count == 0)
            yield break;
        var low = envelope.At("/saving_low_per_month_usd") is null ? envelope.LowEnd(Monthly) : envelope.Usd("/saving_low_per_month_usd");
        yield return CacheActions.Saving(envelope, Monthly, "cheaper_models", "Send these calls to the cheaper model that keeps the quality") with
        {
            SavingLowUsdPerMonth = low,
            Grade = segments.SelectMany(Suggested).Select(GradeOf).Aggregate(envelope.Grade, LengthActions.Worse),
            Why = "Its quality was measured within the margin asked for, and it is cheaper even if it writes more.",
            Artefact = new ActionArtefact("routing_rule", GatewayConfig.Models(segments.Select(segment => GatewayConfig.Deployment(
                EnvelopeReader.Text(segment, "model") ?? "", EnvelopeReader.Text(segment, "feature"), ("model", EnvelopeReader.Text(segment, "suggested")!))))),
            Rollback = "Remove the rules; calls go to the model they name.",
            Verification = "Judge answers of both models on a part of the traffic before moving all of it.",
            Scope = PlanFilter.In("feature", segments.Select(segment => EnvelopeReader.Text(segment, "feature"))),
            ReplayedAs = "switch_model",
        };
    }

    public static IEnumerable<CandidateAction> Batches(EnvelopeReader envelope)
    {
        foreach (var (part, grade, title, why) in new[]
        {
            ("certain", envelope.Grade, "Send calls that may wait as batch jobs", "They are marked as able to wait, or have a deadline of a day and more."),
            ("likely", LengthActions.Worse(envelope.Grade, Grade.C), "Ask whether scheduled and bulk calls may wait for a batch",
                "They look like work of programs that nobody waits for; only their owners know."),
        })
        {
            var pointer = $"/{part}/saving_per_month_usd";
            var groups = envelope.List($"/{part}/groups").Where(group => EnvelopeReader.Usd(group, "saving_usd") > 0).Take(Rules).ToList();
            if (envelope.Usd(pointer) <= 0 || groups.Count == 0)
                continue;
            yield return CacheActions.Saving(envelope, pointer, $"batch_{part}", title) with
            {
                Grade = grade,
                Effort = "code",
                Why = why,
                Artefact = new ActionArtefact("batch_job", string.Join('\n', groups.Select(BatchLine))),
                Rollback = "Send the calls one by one again.",
                Verification = "batchable_share counts these calls among those sent as batch; deadlines are still met.",
                Scope = LengthActions.ScopeOf(groups),
                ReplayedAs = "shift_tier",
            };
        }
    }

    public static IEnumerable<CandidateAction> Tiers(EnvelopeReader envelope)
    {
        var flex = envelope.List("/flex").Where(shift => EnvelopeReader.Usd(shift, "saving_usd") > 0)
            .Select(shift => (Model: EnvelopeReader.Text(shift, "model") ?? "", Tier: "flex"));
        var standard = envelope.List("/priority").Where(shift => EnvelopeReader.Text(shift, "verdict") == "meets")
            .Select(shift => (Model: EnvelopeReader.Text(shift, "model") ?? "", Tier: "default"));
        var shifts = flex.Concat(standard).Take(Rules).ToList();
        if (envelope.Usd(Monthly) <= 0 || shifts.Count == 0)
            yield break;
        yield return CacheActions.Saving(envelope, Monthly, "cheaper_tiers", "Move calls to a service tier that is fast enough") with
        {
            Why = "They may wait, or the standard tier met the limit without priority.",
            Artefact = new ActionArtefact("routing_rule", GatewayConfig.Models(shifts.Select(shift =>
                GatewayConfig.Deployment(shift.Model, shift.Tier == "flex" ? "may_wait" : null, ("service_tier", shift.Tier))))),
            Rollback = "Remove service_tier from these rules.",
            Verification = "latency_profile stays within the limit for these models.",
            Scope = PlanFilter.In("model", shifts.Select(shift => shift.Model)),
            ReplayedAs = "shift_tier",
        };
    }

    public static IEnumerable<CandidateAction> Units(EnvelopeReader envelope)
    {
        const string pointer = "/hybrid/saving_per_month_usd";
        if (envelope.Usd(pointer) <= 0 || envelope.Count("/hybrid/units") == 0)
            yield break;
        var model = envelope.Text("/model");
        yield return CacheActions.Saving(envelope, pointer, "provisioned_units", "Reserve capacity for the steady part of the load") with
        {
            Effort = "contract",
            Reversible = false,
            Why = "The steady part keeps the units busy; what is above them goes on being paid by use.",
            Artefact = new ActionArtefact("commitment", GatewayConfig.Print(new JsonObject { ["model"] = model, ["units"] = envelope.Count("/hybrid/units") })),
            Rollback = "None before the term ends: take the shortest term first.",
            Verification = "The units' use comes near what the replay says; cost by use falls.",
            Scope = PlanFilter.In("model", [model]),
            ReplayedAs = "commitment",
        };
    }

    public static IEnumerable<CandidateAction> Retries(EnvelopeReader envelope)
    {
        const string pointer = "/waste_per_month_usd";
        if (envelope.Usd(pointer) <= 0)
            yield break;
        yield return CacheActions.Saving(envelope, pointer, "stop_vain_retries", "Do not retry what cannot succeed") with
        {
            // Some of the waste is retries that were needed: the whole is the most this can save.
            Grade = LengthActions.Worse(envelope.Grade, Grade.C),
            Why = "Failed and superseded attempts were billed; what they cost is the most that fewer retries can save.",
            Artefact = new ActionArtefact("retry_rule", GatewayConfig.Print(new JsonObject
            {
                ["router_settings"] = new JsonObject
                {
                    ["retry_policy"] = new JsonObject
                    {
                        ["BadRequestErrorRetries"] = 0, ["AuthenticationErrorRetries"] = 0, ["ContentPolicyViolationErrorRetries"] = 0,
                    },
                },
            })),
            Rollback = "Remove retry_policy.",
            Verification = "retry_waste shows fewer attempts per request, and no more requests that fail for good.",
            Scope = [],
            ReplayedAs = "drop_waste",
        };
    }

    public static IEnumerable<CandidateAction> Limits(EnvelopeReader envelope)
    {
        var raised = envelope.List("/groups").SelectMany(group => EnvelopeReader.List(group, "limits")
            .Where(limit => EnvelopeReader.Usd(limit, "headroom") < 0 && Setting(limit) is not null && EnvelopeReader.Key(group, "model") is not null)
            .Select(limit => (Group: group, Limit: limit))).Take(Rules).ToList();
        if (raised.Count == 0)
            yield break;
        yield return CacheActions.Saving(envelope, "/groups", "raise_limits", "Ask for the rate limits the load needs, and hold the gateway to them") with
        {
            Kind = "protection",
            SavingUsdPerMonth = 0,
            Effort = "contract",
            Why = "The load went above the limit given; calls then wait or are refused.",
            Artefact = new ActionArtefact("limit", GatewayConfig.Models(raised.Select(one => GatewayConfig.Deployment(
                EnvelopeReader.Key(one.Group, "model")!, null, (Setting(one.Limit)!, LengthActions.Copy(one.Limit, "suggested_limit")!))))),
            Rollback = "Set the limits back.",
            Verification = "rate_limit_headroom shows headroom above zero under the new limits.",
            Scope = PlanFilter.In("model", raised.Select(one => EnvelopeReader.Key(one.Group, "model"))),
        };
    }

    private static string? Setting(JsonElement limit) => EnvelopeReader.Text(limit, "kind") switch
    {
        "requests" => "rpm",
        "tokens" => "tpm",
        _ => null,
    };

    private static IEnumerable<JsonElement> Suggested(JsonElement segment) => EnvelopeReader.List(segment, "candidates")
        .Where(candidate => EnvelopeReader.Text(candidate, "model") == EnvelopeReader.Text(segment, "suggested"));

    private static Grade GradeOf(JsonElement candidate) => Enum.TryParse<Grade>(EnvelopeReader.Text(candidate, "grade"), out var grade) ? grade : Grade.D;

    /// <summary>One line of an OpenAI batch file. The log holds no text, so the prompt is the sender's to fill in.</summary>
    private static string BatchLine(JsonElement group) => new JsonObject
    {
        ["custom_id"] = EnvelopeReader.Text(group, "sample_event_id"), ["method"] = "POST", ["url"] = "/v1/chat/completions",
        ["body"] = new JsonObject { ["model"] = EnvelopeReader.Text(group, "model"), ["messages"] = "messages of this call, as sent today" },
    }.ToJsonString();
}
