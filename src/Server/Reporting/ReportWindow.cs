using System.Globalization;
using System.Text.Json.Nodes;
using Apex.Protocol.Errors;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Reporting;

/// <summary>Reads a window from query parameters into the form that tools take.</summary>
internal static class ReportWindow
{
    private static readonly DateTimeOffset Earliest = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <returns>Null for the whole log; or what is wrong.</returns>
    public static (JsonNode? Window, IResult? Problem) Read(string? from, string? to, string? window, DateTimeOffset now)
    {
        if (from is null && to is null)
            return (string.IsNullOrEmpty(window) || window == "all" ? null : JsonValue.Create(window), null);
        if (window is not null)
            return (null, Wrong("window", "window names a span; give it or from and to, not both."));
        var first = Earliest;
        var end = now;
        if (from is not null && !TryRead(from, out first))
            return (null, Wrong("from", $"from is {from}; it needs a day such as 2026-01-31 or an RFC 3339 time."));
        if (to is not null && !TryRead(to, out end))
            return (null, Wrong("to", $"to is {to}; it needs a day such as 2026-01-31 or an RFC 3339 time."));
        if (first >= end)
            return (null, Wrong("from", $"from ({first:O}) must lie before to ({end:O})."));
        return (new JsonObject { ["from"] = Text(first), ["to"] = Text(end) }, null);
    }

    private static bool TryRead(string text, out DateTimeOffset moment) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out moment);

    private static string Text(DateTimeOffset moment) => moment.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static IResult Wrong(string field, string message) => Problems.From(new Refusal(ErrorCode.InvalidArguments, message), field);
}
