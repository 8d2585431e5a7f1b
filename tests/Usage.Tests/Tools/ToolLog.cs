using System.Text.Json;
using Apex.Usage.DuckDb;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

/// <summary>A real usage log in memory with rows in it, to run tools over.</summary>
internal sealed class ToolLog : IAsyncDisposable
{
    public static readonly TenantId Tenant = new("t1");

    public ToolLog(DuckDbUsageLog log, PriceBook prices)
    {
        Log = log;
        Prices = prices;
    }

    public DuckDbUsageLog Log { get; }

    public PriceBook Prices { get; }

    public DateTimeOffset Now { get; init; } = DateTimeOffset.Parse("2026-07-01Z");

    public static async Task<ToolLog> WithAsync(IEnumerable<UsageEvent> events, PriceBook? prices = null, DateTimeOffset? now = null)
    {
        var log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), TimeProvider.System, CancellationToken.None);
        foreach (var batch in events.Chunk(10_000))
            await log.AppendAsync(Tenant, batch, CancellationToken.None);
        var book = prices ?? PriceBook.Builtin;
        await log.RepriceAsync(Tenant, book, CancellationToken.None);
        return new ToolLog(log, book) { Now = now ?? DateTimeOffset.Parse("2026-07-01Z") };
    }

    public async Task<ResultEnvelope> RunAsync(string tool, string arguments = "{}")
    {
        using var document = JsonDocument.Parse(arguments);
        var found = UsageTools.Find(tool) ?? throw new ArgumentException($"There is no tool {tool}.", nameof(tool));
        return await found.RunAsync(
            new ToolRequest(Tenant, document.RootElement.Clone(), Log, Prices, Now), CancellationToken.None);
    }

    public ValueTask DisposeAsync() => Log.DisposeAsync();
}

/// <summary>Reads figures out of an envelope the way an answer cites them.</summary>
internal static class EnvelopeReading
{
    /// <param name="pointer">JSON pointer below the result, for instance <c>/totals/cost_usd</c>.</param>
    public static JsonElement At(this ResultEnvelope envelope, string pointer)
    {
        var element = envelope.Result;
        foreach (var part in pointer.Split('/', StringSplitOptions.RemoveEmptyEntries))
            element = element.ValueKind == JsonValueKind.Array ? element[int.Parse(part)] : element.GetProperty(part);
        return element;
    }

    public static decimal Usd(this ResultEnvelope envelope, string pointer) => envelope.At(pointer).GetDecimal();

    public static long Whole(this ResultEnvelope envelope, string pointer) => envelope.At(pointer).GetInt64();

    public static double Number(this ResultEnvelope envelope, string pointer) => envelope.At(pointer).GetDouble();

    public static string? Text(this ResultEnvelope envelope, string pointer) => envelope.At(pointer).GetString();

    /// <summary>The element of a list whose property has this value.</summary>
    public static JsonElement Where(this ResultEnvelope envelope, string list, string property, string value) =>
        envelope.At(list).EnumerateArray().Single(item => item.GetProperty(property).GetString() == value);

    /// <summary>The element of a list whose object, for instance its keys, has this property value.</summary>
    public static JsonElement Where(this ResultEnvelope envelope, string list, string inner, string property, string? value) =>
        envelope.At(list).EnumerateArray().Single(item => item.GetProperty(inner).GetProperty(property).GetString() == value);
}
