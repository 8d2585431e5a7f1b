using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Server.Tests.Runs.Sweep;

/// <summary>
/// A user who decides whatever is asked, as soon as it is asked. The server may be killed while he does: then it is asked again, or
/// was decided.
/// </summary>
internal sealed class SweepUser : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    private readonly HttpClient _client;
    private readonly Func<ApprovalView, DecideRequest> _decide;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<ApprovalId, Task> _deciding = new();
    private readonly Task _watching;

    public SweepUser(HttpClient client, Func<ApprovalView, DecideRequest> decide)
    {
        (_client, _decide) = (client, decide);
        _watching = WatchAsync();
    }

    /// <summary>What was asked and decided here.</summary>
    public ICollection<ApprovalId> Decided => _deciding.Keys;

    public static DecideRequest ItWasDone(ApprovalView asked) => Answer(asked, "done");

    public static DecideRequest DoItNow(ApprovalView asked) => Answer(asked, "again");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        await Task.WhenAll(_deciding.Values);
        _stop.Dispose();
    }

    private static DecideRequest Answer(ApprovalView asked, string outcome) =>
        new(Decision.Answer, asked.ArgumentsHash, JsonSerializer.SerializeToElement(new { outcome }));

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var reply = await _client.GetAsync("/api/approvals", _stop.Token);
                // A server that is short of something for a moment is asked again.
                if (reply.IsSuccessStatusCode)
                {
                    var pending = await reply.ReadAsync(ApexJson.Default.ApprovalList);
                    foreach (var asked in pending.Approvals)
                        _ = _deciding.GetOrAdd(asked.Id, _ => DecideAsync(asked));
                }

                await Task.Delay(Pause, _stop.Token);
            }
            catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task DecideAsync(ApprovalView asked)
    {
        try
        {
            using var reply = await _client.PostAsJsonAsync(
                $"/api/runs/{asked.RunId}/approvals/{asked.Id}", _decide(asked), ApexJson.Default.DecideRequest, _stop.Token);
            if ((int)reply.StatusCode >= 500)
                _deciding.TryRemove(asked.Id, out _);
        }
        catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException)
        {
            // The server was killed before it answered; what it stored by then is seen afterwards.
            return;
        }
    }
}
