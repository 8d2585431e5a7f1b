using System.Globalization;
using Apex.Testing;
using Apex.Usage.Demo;
using Apex.Usage.DuckDb;
using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;

namespace Apex.Bench.Analytics;

/// <summary>
/// A log copied until it has so many rows, inside the database. Aider's and the demonstration organisation's copies start a few seconds
/// apart, so that days and weeks keep their shape; a copy of the Mooncake trace is another hour with other prompts.
/// </summary>
internal static class AmplifiedLog
{
    public static readonly TenantId Tenant = new("bench");

    private const string AssumedModel = "claude-3-5-sonnet-20241022";

    /// <param name="kind">aider, mooncake or demo.</param>
    public static async Task FillAsync(string path, string kind, long rows)
    {
        long stored;
        await using (var log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions { Path = path }, TimeProvider.System, CancellationToken.None))
        {
            await FirstCopyAsync(log, kind);
            stored = (await log.GetExtentAsync(Tenant, CancellationToken.None))!.Rows; // Just filled.
        }

        var apart = kind == "mooncake" ? "INTERVAL 1 HOUR" : "INTERVAL 7 SECONDS";
        var blocks = kind == "mooncake" ? "list_transform(prefix_block_hashes, hash -> hash + copy * 1000000)" : "prefix_block_hashes";
        var hashes = kind == "demo" ? "prompt_hash || '-' || copy AS prompt_hash, conversation_id || '-' || copy AS conversation_id," : "";
        var copies = (rows + stored - 1) / stored;
        using var database = DuckDbDatabase.Open(path, new Dictionary<string, string>
        {
            ["memory_limit"] = "1024MB", ["threads"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), ["preserve_insertion_order"] = "false",
        });
        using var connection = database.Connect();
        connection.Change(new SqlStatement(string.Create(CultureInfo.InvariantCulture,
            $"""
            INSERT INTO usage_event
            SELECT * EXCLUDE (copy) REPLACE (
                hash(row_key, copy)::HUGEINT AS row_key, row_no + copy * {stored} AS row_no, event_id || '-' || copy AS event_id, source_id || '-' || copy AS source_id,
                {hashes}
                ts_start + copy * {apart} AS ts_start, ts_first_token + copy * {apart} AS ts_first_token, ts_end + copy * {apart} AS ts_end,
                {blocks} AS prefix_block_hashes)
            FROM (SELECT usage_event.*, copy FROM usage_event, range(1, {copies}) AS copies(copy) WHERE row_no + copy * {stored} <= {rows}) AS more
            """)));
    }

    private static async Task FirstCopyAsync(DuckDbUsageLog log, string kind)
    {
        if (kind == "demo")
        {
            foreach (var batch in DemoOrganisation.Generate(new DemoOptions()).Chunk(10_000))
                await log.AppendAsync(Tenant, Array.ConvertAll(batch, row => row.PricedBy(PriceBook.Builtin)), CancellationToken.None);
            return;
        }

        var path = kind == "aider" ? SharedData.AiderCalls : SharedData.MooncakeConversation;
        await using var file = File.OpenRead(path);
        await new UsageImporter(TimeProvider.System).ImportAsync(
            Tenant, file, new ImportRequest { FileName = Path.GetFileName(path), AssumedModel = kind == "mooncake" ? AssumedModel : null },
            log, PriceBook.Builtin, null, CancellationToken.None);
    }
}
