using Apex.Usage.Query;

namespace Apex.Usage.Tools.UnitEconomics;

/// <summary>What cost is divided by: rows of a kind, counted by day, or distinct things that rows name.</summary>
/// <param name="Entity">The dimension whose values are counted; null for rows.</param>
internal sealed record CountedUnit(string Name, Dimension? Entity, string Meaning)
{
    public static readonly IReadOnlyList<CountedUnit> All =
    [
        new("request", null, "requests"),
        new("success", null, "requests that succeeded"),
        new("outcome", null, "requests with a good outcome"),
        new("user", Dimension.User, "users"),
        new("end_user", Dimension.EndUser, "end users"),
        new("conversation", Dimension.Conversation, "conversations"),
        new("trace", Dimension.Trace, "traces"),
        new("team", Dimension.Team, "teams"),
        new("feature", Dimension.Feature, "features"),
        new("day", Dimension.Day, "days with requests"),
    ];

    public Dimension Cluster => Entity ?? Dimension.Day;

    /// <summary>Rows that count as a unit; null where every row, or the thing itself, does.</summary>
    public UsageFilter? Filter(IReadOnlyList<string> outcomes) => Name switch
    {
        "success" => new(Dimension.Status, FilterOperator.Equal, ["success"]),
        "outcome" => new(Dimension.Outcome, FilterOperator.In, outcomes),
        _ => null,
    };
}
