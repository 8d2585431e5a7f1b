using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>Calls of one model, or of one feature, or of one feature on one model.</summary>
/// <param name="Model">Null: any.</param>
/// <param name="Feature">Null: any.</param>
internal sealed record CallGroup(string? Model, string? Feature)
{
    public bool Takes(UsageEvent call) => (Model is null || call.Model == Model) && (Feature is null || call.Feature == Feature);
}

/// <summary>Which model a call goes to in place of its own.</summary>
internal abstract record ModelRoutes
{
    public abstract IReadOnlyList<string> Targets { get; }

    /// <summary>What of a call decides, beside its model.</summary>
    public virtual IReadOnlyList<Dimension> Looks => [];

    public abstract string Title { get; }

    public string TargetWords => Targets.Count == 1 ? Targets[0] : "the new models";

    /// <summary>Null: it stays where it is.</summary>
    public abstract string? TargetOf(UsageEvent call);

    /// <param name="From">Empty: all models.</param>
    public sealed record ToOne(IReadOnlyList<string> From, string To) : ModelRoutes
    {
        private readonly HashSet<string> _from = From.ToHashSet(StringComparer.Ordinal);

        public override IReadOnlyList<string> Targets { get; } = [To];

        public override string Title => From.Count switch
        {
            0 => $"use {To}",
            1 => $"use {To} in place of {From[0]}",
            _ => string.Create(CultureInfo.InvariantCulture, $"use {To} in place of {From.Count} models"),
        };

        public override string? TargetOf(UsageEvent call) =>
            _from.Count == 0 || (call.Model is { } model && _from.Contains(model)) ? To : null;
    }

    /// <summary>Each feature's calls on a model to a model of their own.</summary>
    public sealed record ByFeature(IReadOnlyDictionary<CallGroup, string> Routes) : ModelRoutes
    {
        public override IReadOnlyList<string> Targets { get; } = [.. Routes.Values.Distinct().Order(StringComparer.Ordinal)];

        public override IReadOnlyList<Dimension> Looks => [Dimension.Feature];

        public override string Title => Routes.Count == 1
            ? $"use {Targets[0]} in place of {Routes.Keys.Single().Model}{(Routes.Keys.Single().Feature is { } feature ? $" for {feature}" : "")}"
            : "use the cheaper model that keeps the quality, feature by feature";

        public override string? TargetOf(UsageEvent call) => Routes.GetValueOrDefault(new CallGroup(call.Model, call.Feature));
    }
}
