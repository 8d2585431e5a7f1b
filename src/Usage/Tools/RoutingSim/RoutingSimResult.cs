namespace Apex.Usage.Tools.RoutingSim;

/// <summary>What <c>routing_sim</c> found from calls that both models answered and somebody judged.</summary>
/// <param name="Answered">False without enough labels, or where the strong model is not better; <paramref name="Reason"/> says which.</param>
/// <param name="StrongQuality">Mean over the calls compared; so are all four.</param>
/// <param name="Apgr">Area under the recovered gap by strong share; 0.5 is what drawing lots gives.</param>
/// <param name="AtTarget">At the wanted recovered gap.</param>
internal sealed record RoutingSimResult(
    bool Answered,
    string? Reason,
    long Calls,
    double StrongQuality,
    double WeakQuality,
    decimal StrongCostUsd,
    decimal WeakCostUsd,
    double Apgr,
    double Cpt50,
    double Cpt80,
    RoutePoint? AtTarget,
    IReadOnlyList<RoutePoint> Curve);

/// <param name="StrongShare">Of the calls that go to the strong model, those with the highest score first.</param>
/// <param name="GapRecovered">(quality − weak) / (strong − weak); may leave 0 to 1.</param>
/// <param name="CostUsd">Mean cost of a call when the router chooses before either answers.</param>
/// <param name="SavingUsd">A call's cost on the strong model less that; <paramref name="SavingPart"/> is its part of the former.</param>
/// <param name="CascadeCostUsd">The same when every call goes to the weak model first and this share goes on to the strong one.</param>
internal sealed record RoutePoint(
    double StrongShare, double Quality, double GapRecovered, decimal CostUsd, decimal SavingUsd, double SavingPart, decimal CascadeCostUsd);
