using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats;

/// <summary>Azure's public inference trace: time and token counts, nothing else. Any model it is given is an assumption.</summary>
internal sealed class AzureTraceFormat(RowOrigin origin, ImportRequest request) : CsvFormat((byte)',')
{
    public static readonly string[] RequiredColumns = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"];

    private readonly AssumedModel assumed = new(request.AssumedModel);
    private int time, context, generated;

    public override string Name => $"{ImportFormats.Azure} (CSV)";

    public override IReadOnlyList<string> Assumptions =>
        ["The trace names no model, user or end of a call.", .. assumed.Sentences];

    protected override void FindColumns(CsvHeader header)
    {
        header.Require("Azure trace", RequiredColumns);
        (time, context, generated) = (header.Find("TIMESTAMP"), header.Find("ContextTokens"), header.Find("GeneratedTokens"));
    }

    protected override UsageEvent? ReadRow(ReadOnlyMemory<byte> record, RowCheck check)
    {
        var start = check.Start("TIMESTAMP", Value(time), TimeUnit.Iso);
        var input = check.RequiredTokens("ContextTokens", Value(context));
        var output = check.RequiredTokens("GeneratedTokens", Value(generated));
        if (check.Problem is not null)
            return null;

        var (eventId, sourceId, isRepeat) = origin.Identify(record.Span);
        return assumed.On(new UsageEvent
        {
            EventId = eventId,
            Source = origin.Source,
            SourceId = sourceId,
            StartedAt = start,
            InUncached = input,
            OutVisible = output,
            QualityFlags = Flags.Of(assumed.Flag, isRepeat ? QualityFlags.IdenticalRow : null),
        });
    }
}
