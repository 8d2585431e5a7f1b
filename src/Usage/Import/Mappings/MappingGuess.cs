using System.Globalization;

namespace Apex.Usage.Import.Mappings;

/// <summary>A first mapping by the usual names of columns, for a person to look over. Guesses nothing where no name fits.</summary>
internal static class MappingGuess
{
    // Milliseconds since 1970 have twelve digits since 1973; seconds will have ten until 2286.
    private const double LeastMilliseconds = 1e11;
    private const double LeastSeconds = 1e8;

    private static readonly (string Field, string[] Names)[] Usual =
    [
        ("ts_start", ["tsstart", "starttime", "startedat", "starttimestamp", "timestamp", "time", "createdat", "requesttime", "requestedat", "datetime", "date", "ts", "created", "start"]),
        ("ts_end", ["tsend", "endtime", "endedat", "completedat", "finishedat", "end"]),
        ("ts_first_token", ["tsfirsttoken", "firsttokenat", "completionstarttime", "firsttokentime"]),
        ("duration_ms", ["durationms", "latencyms", "elapsedms", "responsetimems", "duration", "latency", "tookms", "took"]),
        ("source_id", ["sourceid", "requestid", "callid", "traceeventid", "eventid", "id", "uuid"]),
        ("request_model", ["requestmodel", "model", "modelname", "modelid", "llmmodel", "engine"]),
        ("response_model", ["responsemodel"]),
        ("provider", ["provider", "vendor", "llmprovider", "system"]),
        ("input_tokens", ["inputtokens", "prompttokens", "tokensin", "tokensinput", "requesttokens", "contexttokens", "ntokensin", "usageinputtokens", "usageprompttokens", "input", "prompt", "in"]),
        ("output_tokens", ["outputtokens", "completiontokens", "tokensout", "tokensoutput", "responsetokens", "generatedtokens", "usageoutputtokens", "usagecompletiontokens", "output", "completion", "out"]),
        ("cache_read_tokens", ["cachereadtokens", "cachedtokens", "cachereadinputtokens", "inputcachedtokens", "cachedinputtokens", "cached"]),
        ("cache_write_5m_tokens", ["cachewrite5mtokens", "cachecreationinputtokens", "cachewritetokens", "cachecreationtokens"]),
        ("reasoning_tokens", ["reasoningtokens", "thinkingtokens"]),
        ("total_tokens", ["totaltokens", "tokenstotal"]),
        ("cost", ["cost", "costusd", "usd", "spend", "totalcost", "price", "amount"]),
        ("status", ["status", "state", "outcomestatus"]),
        ("http_status", ["httpstatus", "statuscode", "responsestatus", "httpcode"]),
        ("user_id", ["userid", "user", "username", "who", "account"]),
        ("team_id", ["teamid", "team", "group", "department", "project", "projectid"]),
        ("feature", ["feature", "app", "application", "usecase", "service"]),
        ("environment", ["environment", "env", "stage"]),
        ("conversation_id", ["conversationid", "sessionid", "session", "threadid", "chatid"]),
        ("trace_id", ["traceid"]),
        ("api_key", ["apikey", "apikeyid", "keyid"]),
    ];

    public static ColumnMapping? Of(TableSample table)
    {
        if (table.Columns.Count < 2)
            return null;

        var names = table.Columns.Select(column => (Column: column, Plain: Plain(column))).ToList();
        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (field, usual) in Usual)
        {
            var found = usual.Select(name => names.Find(column => column.Plain == name && !columns.ContainsValue(column.Column)).Column)
                .FirstOrDefault(column => column is not null);
            if (found is not null)
                columns.Add(field, found);
        }

        return new ColumnMapping
        {
            Name = "own",
            Columns = columns,
            TimeUnit = UnitOf(table, columns.GetValueOrDefault("ts_start")),
            Delimiter = table.Delimiter.ToString(),
        };
    }

    private static TimeUnit UnitOf(TableSample table, string? column)
    {
        var at = column is null ? -1 : table.Columns.ToList().IndexOf(column);
        var text = at < 0 ? null : table.Rows.Select(row => row[at]).FirstOrDefault(value => value.Length > 0);
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return TimeUnit.Iso;
        return number >= LeastMilliseconds ? TimeUnit.UnixMilliseconds : number >= LeastSeconds ? TimeUnit.UnixSeconds : TimeUnit.Iso;
    }

    private static string Plain(string column) => string.Concat(column.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
