using System.Text.Json;
using Apex.Agents.Tools;
using Apex.Protocol.Http;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Query;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Runs.SentLogs;

/// <summary>
/// Puts the log lines that existing command-line clients send along with a message into the usage log, as far as they tell of calls,
/// and says what became of them. Nothing about them can refuse the message.
/// </summary>
internal sealed partial class SentLogIntake(IUsageLog log, IPriceBooks prices, TimeProvider clock, ILogger<SentLogIntake> logger)
{
    private const int MaxReasons = 5;

    public async ValueTask<SentLogsView> TakeAsync(
        string organisationId, IReadOnlyList<JsonElement> lines, CancellationToken cancellationToken)
    {
        var tenant = new TenantId(organisationId);
        var reader = new SentLogReader(tenant, clock.GetUtcNow().AddDays(1));
        var calls = new Dictionary<string, UsageEvent>(StringComparer.Ordinal);
        var reasons = new Dictionary<string, int>(StringComparer.Ordinal);
        var told = 0;
        foreach (var line in lines)
        {
            if (!TryRead(reader, line, reasons, out var call))
                continue;
            told++;
            calls[call.EventId] = call;
        }

        try
        {
            var book = await prices.GetAsync(organisationId, cancellationToken);
            var stored = await log.AppendAsync(tenant, [.. calls.Values.Select(call => call.PricedBy(book))], cancellationToken);
            return new SentLogsView(lines.Count, told, stored, Explain(lines.Count - told, calls.Count - stored, reasons));
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // The message itself is none the worse for it.
            LogNotStored(fault, lines.Count);
            return new SentLogsView(lines.Count, told, 0, ["The usage log could not take them now; send them again later."]);
        }
    }

    private static bool TryRead(
        SentLogReader reader, JsonElement line, Dictionary<string, int> reasons, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out UsageEvent? call)
    {
        string reason;
        try
        {
            call = reader.Read(line);
            reason = "no use of tokens";
        }
        catch (FormatException unreadable)
        {
            call = null;
            reason = unreadable.Message;
        }

        if (call is null)
            reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
        return call is not null;
    }

    private static List<string> Explain(int unread, int duplicates, Dictionary<string, int> reasons)
    {
        var notes = reasons.OrderByDescending(reason => reason.Value).Take(MaxReasons)
            .Select(reason => $"{reason.Value} lines tell of {reason.Key}.").ToList();
        if (duplicates > 0)
            notes.Add($"{duplicates} calls were in the usage log already.");
        if (unread > 0)
            notes.Add("Lines that tell of no call are not kept.");
        return notes;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Lines} log lines sent along with a message were not stored.")]
    private partial void LogNotStored(Exception exception, int lines);
}
