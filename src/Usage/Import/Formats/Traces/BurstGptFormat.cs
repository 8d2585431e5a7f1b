using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.Import.Formats.Traces;

/// <summary>
/// The BurstGPT trace: seconds since its first midnight, one of two models, tokens, and in later releases a session and how long the
/// answer took. An answer of no tokens is a failed call.
/// </summary>
internal sealed class BurstGptFormat(RowOrigin origin, ImportRequest request) : CsvFormat((byte)',')
{
    public static readonly string[] RequiredColumns = ["Timestamp", "Model", "Request tokens", "Response tokens"];

    /// <summary>Ten years of seconds; a larger number is a date in another unit.</summary>
    private const double MaxOffsetSeconds = 10.0 * 366 * 24 * 60 * 60;

    private static readonly string[] AssumedFields = ["ts_start", UsageColumns.RequestModel];

    private int time, session, elapsed, model, input, output, total, kind;

    public override string Name => $"{ImportFormats.BurstGpt} (CSV)";

    public override IReadOnlyList<string> Assumptions =>
    [
        string.Create(CultureInfo.InvariantCulture,
            $"The trace gives seconds only; they are counted from {request.BaseTime.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}."),
        "ChatGPT is read as gpt-3.5-turbo and GPT-4 as gpt-4, the models its authors name.",
    ];

    protected override void FindColumns(CsvHeader header)
    {
        header.Require("BurstGPT", RequiredColumns);
        (time, session, elapsed) = (header.Find("Timestamp"), header.Find("Session ID"), header.Find("Elapsed time"));
        (model, input, output) = (header.Find("Model"), header.Find("Request tokens"), header.Find("Response tokens"));
        (total, kind) = (header.Find("Total tokens"), header.Find("Log Type"));
    }

    protected override UsageEvent? ReadRow(ReadOnlyMemory<byte> record, RowCheck check)
    {
        var start = TraceClock.Start(request.BaseTime, "Timestamp", Value(time), MaxOffsetSeconds, check);
        var seconds = check.OptionalNumber("Elapsed time", Value(elapsed));
        var parts = new CallParts
        {
            Span = CallSpan.Of(start, null, seconds is >= 0 and < 1e6 ? start.AddSeconds(seconds.Value) : null),
            Counts = new TokenCounts
            {
                Input = check.RequiredTokens("Request tokens", Value(input)),
                Output = check.RequiredTokens("Response tokens", Value(output)),
                Total = check.OptionalTokens("Total tokens", Value(total)),
            },
            Request = ModelName.Read(NameOf(check.OptionalText("Model", Value(model)))),
        };
        var conversation = check.OptionalText("Session ID", Value(session));
        var feature = check.OptionalText("Log Type", Value(kind));
        if (check.Problem is not null)
            return null;

        return parts.ToRow(origin, record.Span) with
        {
            Provider = "azure",
            Feature = feature,
            ConversationId = conversation,
            Status = parts.Counts.Output == 0 ? CallStatus.Error : CallStatus.Success,
            AssumedFields = AssumedFields,
        };
    }

    private static string? NameOf(string? told) => told switch
    {
        "ChatGPT" => "gpt-3.5-turbo",
        "GPT-4" => "gpt-4",
        var other => other,
    };
}
