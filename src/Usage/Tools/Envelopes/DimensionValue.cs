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
        Dimension.Trace => call.TraceId,
        Dimension.Turn => call.Turn?.ToString(CultureInfo.InvariantCulture),
        Dimension.Attempt => call.Attempt?.ToString(CultureInfo.InvariantCulture),
        Dimension.HttpStatus => call.HttpStatus?.ToString(CultureInfo.InvariantCulture),
        Dimension.Outcome => call.Outcome,
        Dimension.Streamed => call.Stream is { } stream ? (stream ? "true" : "false") : null,
        Dimension.PromptHash => call.PromptHash,
        Dimension.SystemHash => call.SystemHash,
        Dimension.ToolsHash => call.ToolsHash,
        Dimension.PriceRow => call.PriceRowId,
        Dimension.RecordedTwice => call.QualityFlags.Contains(QualityFlags.DuplicateSource) ? "true" : "false",
        Dimension.Minute => Time(call, "yyyy-MM-dd'T'HH:mm'Z'"),
        Dimension.Hour => Time(call, "yyyy-MM-dd'T'HH':00Z'"),
        Dimension.Day => Time(call, "yyyy-MM-dd"),
        Dimension.Week => Monday(call),
        Dimension.Month => Time(call, "yyyy-MM"),
        Dimension.Weekday => (((int)call.StartedAt.UtcDateTime.DayOfWeek + 6) % 7 + 1).ToString(CultureInfo.InvariantCulture),
        Dimension.HourOfDay => Time(call, "HH"),
        _ => throw new ArgumentOutOfRangeException(nameof(dimension), dimension, "Unknown dimension."),
    };

    /// <summary>The columns <see cref="Of"/> reads for these dimensions, so that a scan reads no others.</summary>
    public static IReadOnlyList<string> Columns(IEnumerable<Dimension> dimensions) =>
        dimensions.SelectMany(ColumnsOf).Distinct(StringComparer.Ordinal).ToList();

    private static IReadOnlyList<string> ColumnsOf(Dimension dimension) => dimension switch
    {
        Dimension.Model => UsageColumns.Model,
        Dimension.RequestModel => [UsageColumns.RequestModel],
        Dimension.Provider => [UsageColumns.Provider],
        Dimension.Source => [UsageColumns.Source],
        Dimension.Operation => [UsageColumns.Operation],
        Dimension.ServiceTier => [UsageColumns.ServiceTier],
        Dimension.Status => [UsageColumns.Status],
        Dimension.ErrorType => [UsageColumns.ErrorType],
        Dimension.FinishReason => [UsageColumns.FinishReason],
        Dimension.User => [UsageColumns.UserId],
        Dimension.EndUser => [UsageColumns.EndUserId],
        Dimension.Team => [UsageColumns.TeamId],
        Dimension.ApiKey => [UsageColumns.ApiKeyHash],
        Dimension.Feature => [UsageColumns.Feature],
        Dimension.Environment => [UsageColumns.Environment],
        Dimension.Region => [UsageColumns.Region],
        Dimension.Deployment => [UsageColumns.Deployment],
        Dimension.Conversation => [UsageColumns.ConversationId],
        Dimension.Trace => [UsageColumns.TraceId],
        Dimension.Turn => [UsageColumns.Turn],
        Dimension.Attempt => [UsageColumns.Attempt],
        Dimension.HttpStatus => [UsageColumns.HttpStatus],
        Dimension.Outcome => [UsageColumns.Outcome],
        Dimension.Streamed => [UsageColumns.Stream],
        Dimension.PromptHash => [UsageColumns.PromptHash],
        Dimension.SystemHash => [UsageColumns.SystemHash],
        Dimension.ToolsHash => [UsageColumns.ToolsHash],
        Dimension.PriceRow => [UsageColumns.PriceRowId],
        Dimension.RecordedTwice => [UsageColumns.QualityFlags],
        _ => [],
    };

    private static string Time(UsageEvent call, string format) =>
        call.StartedAt.UtcDateTime.ToString(format, CultureInfo.InvariantCulture);

    private static string Monday(UsageEvent call)
    {
        var day = call.StartedAt.UtcDateTime.Date;
        return day.AddDays(-(((int)day.DayOfWeek + 6) % 7)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }
}
