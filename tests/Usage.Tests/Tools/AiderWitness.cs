using System.Globalization;
using Apex.Testing;
using Apex.Usage.Prices;

namespace Apex.Usage.Tests.Tools;

/// <summary>
/// The Aider file priced by SQL alone: table <c>priced</c> holds each line with its cost in nano-dollars, worked out from the
/// price rows by the rules of docs/analytics.md, without a line of the product's pricing.
/// </summary>
internal static class AiderWitness
{
    private const string Priced =
        """
        CREATE MACRO nano(usd) AS CAST(CASE
            WHEN usd * 1000000000 - floor(usd * 1000000000) = 0.5 THEN 2 * floor((usd * 1000000000 + 1) / 2)
            ELSE round(usd * 1000000000, 0) END AS BIGINT);
        CREATE TABLE span AS
            SELECT *, row_number() OVER (PARTITION BY key ORDER BY since) = 1 AS is_first, lead(since) OVER (PARTITION BY key ORDER BY since) AS until
            FROM price p
            WHERE NOT removed AND (NOT builtin OR since < coalesce((SELECT min(q.since) FROM price q WHERE q.key = p.key AND NOT q.builtin), 'infinity'));
        CREATE TABLE priced AS
        WITH line AS (
            SELECT row_number() OVER () AS n, to_timestamp(time_unix) AT TIME ZONE 'UTC' AS t, nullif(main_model, 'None') AS model, "user" AS u,
                   prompt_tokens AS i, completion_tokens AS o, nano(CAST(CAST(cost_usd AS DOUBLE) AS DECIMAL(38, 12))) AS recorded
            FROM read_csv('FILE', all_varchar = false)),
        keyed AS (
            SELECT *, (SELECT c.key FROM (VALUES (1, model), (2, substr(model, strpos(model, '/') + 1)), (3, 'anthropic/' || model),
                       (4, regexp_extract(model, '[^/]*$'))) AS c(rank, key) WHERE c.key IN (SELECT key FROM span)
                       AND (c.rank = 1 OR NOT regexp_matches(model, '^(ollama|ollama_chat|lm_studio)/')) ORDER BY c.rank LIMIT 1) AS key
            FROM line)
        SELECT k.*, nano(k.i * CASE WHEN k.i > 200000 AND s.input_200k IS NOT NULL THEN s.input_200k ELSE s.input END
                       + k.o * CASE WHEN k.i > 200000 AND s.output_200k IS NOT NULL THEN s.output_200k ELSE s.output END) AS cost, s.max_input
        FROM keyed k LEFT JOIN span s ON s.key = k.key AND (s.is_first OR s.since <= k.t) AND (s.until IS NULL OR k.t < s.until);
        """;

    public static FileSql Open(PriceBook prices)
    {
        var sql = new FileSql();
        var file = Path.Combine(Path.GetTempPath(), $"apex-witness-{Guid.NewGuid():N}.csv");
        File.WriteAllLines(file, prices.Rows.Select(Line).Prepend("key,since,removed,builtin,input,output,input_200k,output_200k,max_input"));
        try
        {
            sql.Run(
                $"""
                CREATE TABLE price AS SELECT * FROM read_csv('{file}', header = true, columns = [
                    'key': 'VARCHAR', 'since': 'TIMESTAMP', 'removed': 'BOOLEAN', 'builtin': 'BOOLEAN', 'input': 'DECIMAL(28,18)',
                    'output': 'DECIMAL(28,18)', 'input_200k': 'DECIMAL(28,18)', 'output_200k': 'DECIMAL(28,18)', 'max_input': 'BIGINT']);
                """.Replace('[', '{').Replace(']', '}'));
            sql.Run(Priced.Replace("FILE", SharedData.AiderCalls, StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(file);
        }

        return sql;
    }

    private static string Line(PriceRow row) => string.Join(
        ',', $"\"{row.Model}\"", row.EffectiveFrom.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), row.Removed, row.BuiltIn,
        Price(row, PriceTerm.Input, 0), Price(row, PriceTerm.Output, 0), Price(row, PriceTerm.Input, 200_000),
        Price(row, PriceTerm.Output, 200_000), row.MaxInputTokens?.ToString(CultureInfo.InvariantCulture) ?? "");

    private static string Price(PriceRow row, PriceTerm term, int above) =>
        row.Prices.TryGetValue(new PriceField(term, above), out var price)
            ? price.ToString("0.##################", CultureInfo.InvariantCulture)
            : "";
}
