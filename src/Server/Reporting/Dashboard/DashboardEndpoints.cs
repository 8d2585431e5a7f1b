using System.Globalization;
using System.Text.Json.Serialization;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Server.UsageLog;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Reporting.Dashboard;

/// <summary>The dashboard over HTTP: the figures, the calls behind them, and word of growth.</summary>
internal sealed class DashboardEndpoints(DashboardReader dashboard, NewestRows rows, LogGrowth growth, IUsageLog log, TimeProvider clock)
{
    private const int DefaultRows = 50;
    private const int MaxWaitMs = 30_000;

    public async Task<IResult> GetAsync(DashboardParameters asked, HttpContext http)
    {
        var (question, field, problem) = asked.Read();
        if (question is null)
            return Wrong(field, problem);
        return await dashboard.ReadAsync(http.GetPrincipal().OrganisationId, question, http.RequestAborted) is { } view
            ? Results.Json(view, DashboardJson.Default.DashboardView)
            : Problems.From(new Refusal(ErrorCode.NotFound, "The usage log is empty."));
    }

    /// <param name="before">The <c>next</c> of the page before.</param>
    public async Task<IResult> GetRowsAsync(DashboardParameters asked, string? before, int? limit, HttpContext http)
    {
        var (question, field, problem) = asked.Read();
        if (question is null)
            return Wrong(field, problem);
        if (limit is < 1 or > NewestRows.MaxRows)
            return Wrong("limit", $"limit is {limit}; it needs 1 to {NewestRows.MaxRows}.");
        RowCursor? cursor = null;
        if (before is not null && (cursor = ReadCursor(before)) is null)
            return Problems.From(new Refusal(ErrorCode.CursorInvalid, "before is no cursor that was given out."), "before");

        var tenant = new TenantId(http.GetPrincipal().OrganisationId);
        if (await question.Counted.ExtentAsync(log, tenant, question.Asked, http.RequestAborted) is not { } extent)
            return Results.Json(new RowPage([], null), RowJson.Default.RowPage);
        var wanted = limit ?? DefaultRows;
        var page = await rows.ReadAsync(tenant, question.SpanOf(extent, clock.GetUtcNow()).Span, question.Filters, cursor, wanted, http.RequestAborted);
        var next = NewestRows.Next(page, cursor, wanted);
        return Results.Json(
            new RowPage(page, next is { } at ? string.Create(CultureInfo.InvariantCulture, $"{at.At.UtcTicks}-{at.Skip}") : null), RowJson.Default.RowPage);
    }

    /// <summary>Answers as soon as the log is another than at <paramref name="after"/>, or after <paramref name="waitMs"/>.</summary>
    public async Task<IResult> GetGrowthAsync(long? after, int? waitMs, HttpContext http)
    {
        if (waitMs is < 0 or > MaxWaitMs)
            return Wrong("wait_ms", $"wait_ms is {waitMs}; it needs 0 to {MaxWaitMs}.");
        var organisation = http.GetPrincipal().OrganisationId;
        var revision = after is { } known
            ? await growth.WaitAsync(organisation, known, TimeSpan.FromMilliseconds(waitMs ?? 0), http.RequestAborted)
            : growth.Of(organisation);
        return Results.Json(new GrowthView(revision), ApexJson.Default.GrowthView);
    }

    private static RowCursor? ReadCursor(string text) =>
        text.Split('-') is [var ticks, var skip]
        && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= DateTimeOffset.MaxValue.Ticks - TimeSpan.TicksPerDay
        && int.TryParse(skip, NumberStyles.None, CultureInfo.InvariantCulture, out var shown) && shown <= MaxSkip
            ? new RowCursor(new DateTimeOffset(at, TimeSpan.Zero), shown)
            : null;

    /// <summary>Rows of one moment that paging can pass by: more than any source writes within a microsecond.</summary>
    private const int MaxSkip = 100_000;

    private static IResult Wrong(string field, string message) => Problems.From(new Refusal(ErrorCode.InvalidArguments, message), field);
}

/// <summary>What a query says of the window, the filters and the split.</summary>
internal readonly record struct DashboardParameters(string? Window, string? From, string? To, string? By, string[]? Filter, string? Include)
{
    public (DashboardQuestion? Question, string Field, string Problem) Read() => DashboardQuestion.Read(Window, From, To, By, Filter ?? [], Include);
}

/// <param name="Next">Leads to older calls; null at the end.</param>
internal sealed record RowPage(IReadOnlyList<UsageEvent> Events, string? Next);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UtcMillisecondsConverter)])]
[JsonSerializable(typeof(DashboardView))]
internal sealed partial class DashboardJson : JsonSerializerContext;

/// <summary>Rows as the evidence of a figure shows them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters =
    [
        typeof(UtcMillisecondsConverter), typeof(DollarsConverter), typeof(SnakeCaseEnumConverter<ServiceTier>),
        typeof(SnakeCaseEnumConverter<CallStatus>),
    ])]
[JsonSerializable(typeof(RowPage))]
internal sealed partial class RowJson : JsonSerializerContext;
