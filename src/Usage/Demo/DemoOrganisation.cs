using System.ComponentModel.DataAnnotations;
using Apex.Usage.Events;

namespace Apex.Usage.Demo;

/// <summary>
/// A made-up organisation's usage log: six features of five teams, several models, a weekly and daily rhythm, conversations,
/// stable prompt beginnings, retries, and one planted anomaly. Every row says that it is generated (source <c>demo</c>, tag
/// <c>generated</c>). Deterministic: equal options give equal rows. Rows come in order of time.
/// </summary>
public static class DemoOrganisation
{
    public const string Source = "demo";

    internal const string EventIdPrefix = "demo-";

    /// <summary>Tag that every generated row carries, with the value <c>true</c>.</summary>
    public const string GeneratedTag = "generated";

    /// <exception cref="ValidationException">An option is out of range.</exception>
    public static IEnumerable<UsageEvent> Generate(DemoOptions options)
    {
        Check(options);
        return new DemoRows(options).All();
    }

    /// <summary>The default organisation of this seed and length.</summary>
    public static IEnumerable<UsageEvent> Generate(int seed, int days) => Generate(new DemoOptions { Seed = seed, Days = days });

    /// <summary>What was planted; null when nothing was.</summary>
    /// <exception cref="ValidationException">An option is out of range.</exception>
    public static DemoTruth? Truth(DemoOptions options)
    {
        Check(options);
        return options.PlantAnomaly ? new DemoRows(options).Truth : null;
    }

    /// <summary>The source id within a generated row's event id.</summary>
    public static string SourceIdOf(string eventId)
    {
        ArgumentNullException.ThrowIfNull(eventId);
        return eventId.StartsWith(EventIdPrefix, StringComparison.Ordinal) ? eventId[EventIdPrefix.Length..] : eventId;
    }

    private static void Check(DemoOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
    }
}
