using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.RankActions;

/// <summary>T43: what to do first, out of other tools' findings and given candidates.</summary>
internal sealed class RankActionsTool() : LogTool(
    "rank_actions", "T43", "What to do first: actions out of other tools' envelopes, by sure monthly saving, with artefact, roll-back and verification.",
    new ArgumentSpec("envelopes", ArgumentKind.Objects, "Result envelopes of other tools, as they were returned.", new JsonArray(), Max: 50),
    new ArgumentSpec("actions", ArgumentKind.Objects,
        "Further candidates: {id, title, saving_usd_per_month, saving_low_usd_per_month?, grade, run_cost_usd_per_month?, effort?, reversible?, why?, artefact?, rollback?, verification?}.",
        new JsonArray(), Max: 50),
    ArgumentSpec.Whole("limit", "Actions listed.", 10, 1, 100))
{
    protected override string Version => "2";

    protected override Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var envelopes = inquiry.Arguments.Objects("envelopes").Select(envelope => new EnvelopeReader(envelope)).ToList();
        var found = envelopes.Select(envelope => (envelope.Tool, Actions: ActionsFromEnvelopes.Of(envelope).ToList())).ToList();
        var candidates = found.SelectMany(pair => pair.Actions).Concat(inquiry.Arguments.Objects("actions").Select(Given))
            .DistinctBy(action => action.Id).ToList();
        var joint = envelopes.Select(JointSaving.Of).FirstOrDefault(one => one is not null);
        var ranked = CandidateAction.Rank(candidates, joint).Take(inquiry.Arguments.Whole("limit")).ToList();
        var result = new RankActionsResult(
            ranked, joint?.UsdPerMonth, found.Select(pair => pair.Tool).ToList(), found.Count(pair => pair.Actions.Count == 0 && pair.Tool != JointSaving.Tool));

        inquiry.Assumptions.Add(
            "Value = lower saving per month × weight of the grade (A 1, B 0.9, C 0.5, D 0) − run cost; an "
            + "indication (D) is worth nothing until tested.");
        inquiry.Caveats.Add("Savings of different actions overlap: do not add them.");
        if (joint is { Kinds.Count: > 0 })
            inquiry.Caveats.Add(joint.Words());
        if (candidates.Count == 0)
            inquiry.Caveats.Add("Nothing was found that calls for an action.");
        inquiry.Check(
            ranked.Zip(ranked.Skip(1)).All(pair => pair.First.ValueUsdPerMonth >= pair.Second.ValueUsdPerMonth),
                "the order falls by value");
        // No figure here is surer than the least sure one it was made from.
        var grade = envelopes.Select(envelope => envelope.Grade).DefaultIfEmpty(Grade.D).Max();
        return Task.FromResult(inquiry.AnswerApart(result, ResultJson.Default.RankActionsResult, grade, ["sufficiency"]));
    }

    private static CandidateAction Given(JsonElement action)
    {
        var title = EnvelopeReader.Text(action, "title");
        var id = EnvelopeReader.Text(action, "id");
        if (title is null || id is null || !Enum.TryParse<Grade>(EnvelopeReader.Text(action, "grade"), out var grade))
            throw ArgumentCheck.Refuse("actions", action, "objects with at least id, title and grade (A to D)");
        var effort = EnvelopeReader.Text(action, "effort") ?? "code";
        if (effort is not ("config" or "code" or "contract"))
            throw ArgumentCheck.Refuse("actions", action, "config, code or contract as effort");
        return new CandidateAction
        {
            Id = id,
            Title = title,
            Kind = "saving",
            SavingUsdPerMonth = EnvelopeReader.Usd(action, "saving_usd_per_month"),
            SavingLowUsdPerMonth = action.TryGetProperty("saving_low_usd_per_month", out _) ? EnvelopeReader.Usd(action, "saving_low_usd_per_month") : null,
            RunCostUsdPerMonth = EnvelopeReader.Usd(action, "run_cost_usd_per_month"),
            Grade = grade,
            Effort = effort,
            Reversible = !action.TryGetProperty("reversible", out var reversible) || reversible.ValueKind == JsonValueKind.True,
            Why = EnvelopeReader.Text(action, "why") ?? "",
            Evidence = new ActionEvidence("given", "", null),
            Artefact = new ActionArtefact("text", EnvelopeReader.Text(action, "artefact") ?? ""),
            Rollback = EnvelopeReader.Text(action, "rollback") ?? "",
            Verification = EnvelopeReader.Text(action, "verification") ?? "",
        };
    }
}
