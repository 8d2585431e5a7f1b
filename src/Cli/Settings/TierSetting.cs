using System.Globalization;
using System.Text.Json;
using Apex.Protocol.Http;
using Apex.Server.Limits;

namespace Apex.Cli.Settings;

/// <summary>
/// The setting <c>tiers</c>: limits of tiers, as JSON with the names of <see cref="TierLimits"/>. What is not named stays as it is.
/// </summary>
internal static class TierSetting
{
    private const string Budget = nameof(TierLimits.Budget);

    private static readonly Dictionary<string, Func<TierLimits, Value, TierLimits>> Limits = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(TierLimits.MessagesPerMinute)] = (limits, value) => limits with { MessagesPerMinute = value.Count },
        [nameof(TierLimits.MessageBurst)] = (limits, value) => limits with { MessageBurst = value.Count },
        [nameof(TierLimits.Connections)] = (limits, value) => limits with { Connections = value.Count },
        [nameof(TierLimits.RunsAtOnce)] = (limits, value) => limits with { RunsAtOnce = value.Count },
        [nameof(TierLimits.RunsQueued)] = (limits, value) => limits with { RunsQueued = value.Count },
        [nameof(TierLimits.RunDeadline)] = (limits, value) => limits with { RunDeadline = value.Time },
        [nameof(TierLimits.MessagesPerMonth)] = (limits, value) => limits with { MessagesPerMonth = value.CountOrNone },
        [nameof(TierLimits.EventRetention)] = (limits, value) => limits with { EventRetention = value.Time },
        [nameof(TierLimits.Weight)] = (limits, value) => limits with { Weight = value.Count },
        [nameof(TierLimits.ToolCallsPerRun)] = (limits, value) => limits with { ToolCallsPerRun = value.Count },
        [nameof(TierLimits.ResultMiBPerRun)] = (limits, value) => limits with { ResultMiBPerRun = value.Count },
        [nameof(TierLimits.TokensPerRun)] = (limits, value) => limits with { TokensPerRun = value.CountOrNone },
    };

    private static readonly Dictionary<string, Func<BudgetAllowance, Value, BudgetAllowance>> Budgets = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(BudgetAllowance.UsdPerDay)] = (budget, value) => budget with { UsdPerDay = value.UsdOrNone },
        [nameof(BudgetAllowance.UsdPerMonth)] = (budget, value) => budget with { UsdPerMonth = value.UsdOrNone },
        [nameof(BudgetAllowance.TokensPerDay)] = (budget, value) => budget with { TokensPerDay = value.CountOrNone },
        [nameof(BudgetAllowance.TokensPerMonth)] = (budget, value) => budget with { TokensPerMonth = value.CountOrNone },
    };

    /// <returns>The tiers that are named, each with all its limits.</returns>
    /// <exception cref="UsageException">It cannot be read, or names what is no tier or limit. Ranges are checked with the other options.</exception>
    public static IReadOnlyDictionary<Tier, TierLimits> Read(SettingsInForce settings)
    {
        var tiers = new Dictionary<Tier, TierLimits>();
        if (settings.Text(KnownSettings.Tiers) is not { } text)
            return tiers;
        try
        {
            using var json = JsonDocument.Parse(text);
            foreach (var (name, limits) in Members(json.RootElement, "Tiers"))
                tiers[TierOf(name)] = Limited(TierOf(name), limits);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new UsageException($"tiers (from {settings[KnownSettings.Tiers].Source}) cannot be used: {e.Message}");
        }

        return tiers;
    }

    private static Tier TierOf(string name) => Enum.TryParse<Tier>(name, ignoreCase: true, out var tier) && !char.IsDigit(name[0])
        ? tier
        : throw new FormatException($"'{name}' is no tier; there are: {string.Join(", ", Enum.GetNames<Tier>())}.");

    private static TierLimits Limited(Tier tier, JsonElement json)
    {
        var (limits, place) = (TierDefaults.Of(tier), $"Tiers:{tier}");
        foreach (var (name, value) in Members(json, place))
        {
            limits = string.Equals(name, Budget, StringComparison.OrdinalIgnoreCase)
                ? limits with { Budget = Allowed(limits.Budget, value, $"{place}:{Budget}") }
                : Known(Limits, name, place, Budget)(limits, new Value(value, $"{place}:{name}"));
        }

        return limits;
    }

    private static BudgetAllowance Allowed(BudgetAllowance budget, JsonElement json, string place)
    {
        foreach (var (name, value) in Members(json, place))
            budget = Known(Budgets, name, place)(budget, new Value(value, $"{place}:{name}"));
        return budget;
    }

    private static T Known<T>(Dictionary<string, T> names, string name, string place, params string[] more) => names.TryGetValue(name, out var known)
        ? known
        : throw new FormatException($"'{name}' is no limit in {place}; there are: {string.Join(", ", names.Keys.Concat(more))}.");

    private static List<(string Name, JsonElement Value)> Members(JsonElement json, string place) => json.ValueKind == JsonValueKind.Object
        ? [.. json.EnumerateObject().Select(member => (member.Name, member.Value))]
        : throw new FormatException($"{place} is {json.GetRawText()}; it needs a JSON object.");

    /// <summary>One value as it was written, and where.</summary>
    private readonly record struct Value(JsonElement Json, string Place)
    {
        public int Count => Json.ValueKind == JsonValueKind.Number && Json.TryGetInt32(out var number) ? number : throw Bad("a whole number");

        public long? CountOrNone => Json switch
        {
            { ValueKind: JsonValueKind.Null } => null,
            { ValueKind: JsonValueKind.Number } when Json.TryGetInt64(out var number) => number,
            _ => throw Bad("a whole number, or null for no limit"),
        };

        public decimal? UsdOrNone => Json switch
        {
            { ValueKind: JsonValueKind.Null } => null,
            { ValueKind: JsonValueKind.Number } when Json.TryGetDecimal(out var number) => number,
            _ => throw Bad("US dollars as a number, or null for no limit"),
        };

        public TimeSpan Time =>
            // A bare number would be days, which hardly anybody means.
            Json.ValueKind == JsonValueKind.String && Json.GetString() is { } text && text.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var time)
                ? time
                : throw Bad("a text as \"00:02:00\" (hours, minutes, seconds) or \"7.00:00:00\" (days first)");

        private FormatException Bad(string needs) => new($"{Place} is {Json.GetRawText()}; it needs {needs}.");
    }
}
