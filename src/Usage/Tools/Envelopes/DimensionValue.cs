using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;

namespace Apex.Usage.Tools.Envelopes;

/// <summary>The group key of a row as the usage log's queries show it.</summary>
internal static class DimensionValue
{
    public static string? Of(UsageEvent call, Dimension dimension) => dimension switch
    {
        Dimension.Model => call.Model,
        Dimension.RequestModel => call.RequestModel,
        Dimension.Provider => call.Provider,
        Dimension.Source => call.Source,
        Dimension.Operation => call.Operation,
        Dimension.ServiceTier => SnakeCase.Of(call.ServiceTier),
        Dimension.Status => SnakeCase.Of(call.Status),
        Dimension.ErrorType => call.ErrorType,
        Dimension.FinishReason => call.FinishReason,
        Dimension.User => call.UserId,
        Dimension.EndUser => call.EndUserId,
        Dimension.Team => call.TeamId,
        Dimension.ApiKey => call.ApiKeyHash,
        Dimension.Feature => call.Feature,
        Dimension.Environment => call.Environment,
        Dimension.Region => call.Region,
        Dimension.Deployment => call.Deployment,
        Dimension.Conversation => call.ConversationId,
        Dimension.PriceRow => call.PriceRowId,
        Dimension.Hour => Time(call, "yyyy-MM-dd'T'HH':00Z'"),
        Dimension.Day => Time(call, "yyyy-MM-dd"),
        Dimension.Week => Monday(call),
        Dimension.Month => Time(call, "yyyy-MM"),
        Dimension.Weekday => (((int)call.StartedAt.UtcDateTime.DayOfWeek + 6) % 7 + 1).ToString(CultureInfo.InvariantCulture),
        _ => throw new ArgumentOutOfRangeException(nameof(dimension), dimension, "Unknown dimension."),
    };

    private static string Time(UsageEvent call, string format) =>
        call.StartedAt.UtcDateTime.ToString(format, CultureInfo.InvariantCulture);

    private static string Monday(UsageEvent call)
    {
        var day = call.StartedAt.UtcDateTime.Date;
        return day.AddDays(-(((int)day.DayOfWeek + 6) % 7)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }
}
