using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats;

/// <summary>
/// Aider's analytics of sent messages: one row per call, with the cost as Aider's own client computed it. Rows carry no id; the
/// prompt tokens are a single figure without cache buckets.
/// </summary>
internal sealed class AiderFormat(RowOrigin origin) : CsvFormat((byte)',')
{
    public static readonly string[] RequiredColumns = ["time_unix", "main_model", "prompt_tokens", "completion_tokens"];

    private static readonly string[] TagColumns = ["weak_model", "editor_model", "aider_version", "session_total_cost_usd"];

    private int time, user, model, prompt, completion, total, cost, editFormat;
    private (string Name, int Column)[] tags = [];

    public override string Name => $"{ImportFormats.Aider} (CSV)";

    protected override void FindColumns(CsvHeader header)
    {
        header.Require("Aider analytics", RequiredColumns);
        (time, user, model) = (header.Find("time_unix"), header.Find("user"), header.Find("main_model"));
        (prompt, completion) = (header.Find("prompt_tokens"), header.Find("completion_tokens"));
        (total, cost, editFormat) = (header.Find("total_tokens"), header.Find("cost_usd"), header.Find("edit_format"));
        tags = [.. TagColumns.Select(name => (name, header.Find(name))).Where(tag => tag.Item2 >= 0)];
    }

    protected override UsageEvent? ReadRow(ReadOnlyMemory<byte> record, RowCheck check)
    {
        var start = check.Start("time_unix", Value(time), TimeUnit.UnixSeconds);
        var input = check.RequiredTokens("prompt_tokens", Value(prompt));
        var output = check.RequiredTokens("completion_tokens", Value(completion));
        var sum = check.OptionalTokens("total_tokens", Value(total));
        var recorded = check.OptionalMoney("cost_usd", Value(cost));
        var name = ModelName.Read(check.OptionalText("main_model", Value(model)));
        var userId = check.OptionalText("user", Value(user));
        var feature = check.OptionalText("edit_format", Value(editFormat));
        var tagValues = Tags(check);
        if (check.Problem is not null)
            return null;

        var buckets = TokenBuckets.From(new TokenCounts { Input = input, Output = output, Total = sum });
        var money = RecordedMoney.From(recorded, currency: null);
        var (eventId, sourceId, isRepeat) = origin.Identify(record.Span);
        return new UsageEvent
        {
            EventId = eventId,
            Source = origin.Source,
            SourceId = sourceId,
            StartedAt = start,
            Provider = name.Provider,
            RequestModel = name.Model,
            InUncached = buckets.InUncached,
            OutVisible = buckets.OutVisible,
            UserId = userId,
            Feature = feature,
            Tags = tagValues,
            CostRecorded = money.Amount,
            CostRecordedCurrency = money.Currency,
            QualityFlags = Flags.Of(buckets.Flag, name.Flag, money.Flag, isRepeat ? QualityFlags.IdenticalRow : null),
        };
    }

    private Dictionary<string, string> Tags(RowCheck check)
    {
        var values = new Dictionary<string, string>(tags.Length);
        foreach (var (name, column) in tags)
        {
            if (check.OptionalText(name, Value(column)) is { } value)
                values.Add(name, value);
        }

        return values;
    }
}
