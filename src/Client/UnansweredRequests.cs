using System.Collections.Concurrent;
using Apex.Protocol.Errors;
using Apex.Protocol.Frames;

namespace Apex.Client;

/// <summary>
/// What was asked of the server and has no answer yet, in the order of the asking: sent with each new connection, and sent again by itself
/// after a refusal that time alone heals.
/// </summary>
/// <param name="options">How long a refusal may be waited for, and who is told of it.</param>
/// <param name="send">Sends through the live connection; does nothing while there is none.</param>
/// <param name="closing">Ends the waiting for good.</param>
internal sealed class UnansweredRequests(ApexConnectionOptions options, Func<ClientFrame, Task> send, CancellationToken closing)
{
    /// <summary>Until a message is sent again that was refused for now, where the server does not say how long.</summary>
    private static readonly TimeSpan UntoldWait = TimeSpan.FromSeconds(3);

    /// <summary>Refusals that time alone heals.</summary>
    private static readonly ErrorCode[] Passing =
    [
        ErrorCode.RateLimited, ErrorCode.TooManyRuns, ErrorCode.Busy, ErrorCode.StorageUnavailable, ErrorCode.NotReady, ErrorCode.InternalError,
        ErrorCode.Interrupted,
    ];

    private readonly ConcurrentDictionary<string, Request> _requests = new();
    private long _asked;

    /// <returns>The server's answer; faults with its refusal.</returns>
    /// <exception cref="InvalidOperationException">The same is being asked for already.</exception>
    public Task<ServerFrame> Add(string id, ClientFrame frame)
    {
        var request = new Request(
            Interlocked.Increment(ref _asked), frame, new TaskCompletionSource<ServerFrame>(TaskCreationOptions.RunContinuationsAsynchronously));
        return _requests.TryAdd(id, request)
            ? request.Answer.Task
            : throw new InvalidOperationException($"'{id}' is being asked for already.");
    }

    public void Remove(string id) => _requests.TryRemove(id, out _);

    public void Answer(string id, ServerFrame frame)
    {
        if (_requests.TryGetValue(id, out var request))
            request.Answer.TrySetResult(frame);
    }

    /// <returns>Whether it was asked here.</returns>
    public bool Refuse(string id, ErrorFrame error)
    {
        if (!_requests.TryGetValue(id, out var request))
            return false;
        if (request.IsPostponed)
            return true; // The answer to a copy: one more try is on its way already.

        if (MayPass(error, out var wait))
            _ = SendAgainAsync(request, wait);
        else
            request.Answer.TrySetException(new ApexRequestException(error.Code, 0, error.Message, RetryAfter(error)));
        return true;
    }

    /// <summary>To a connection that has become live. What was refused for now waits for its time: a reconnect must not add to what was too much.</summary>
    public async Task SendAllAsync()
    {
        foreach (var request in InOrder().Where(static request => !request.IsPostponed))
            await send(request.Frame).ConfigureAwait(false);
    }

    public void FailAll(Exception reason)
    {
        foreach (var request in InOrder())
            request.Answer.TrySetException(reason);
    }

    public void CancelAll()
    {
        foreach (var request in InOrder())
            request.Answer.TrySetCanceled();
    }

    private IEnumerable<Request> InOrder() => _requests.Values.OrderBy(static request => request.Order);

    /// <summary>Whether time alone heals the refusal, and soon enough to wait for it.</summary>
    private bool MayPass(ErrorFrame error, out TimeSpan wait)
    {
        wait = RetryAfter(error) ?? UntoldWait;
        if (!Array.Exists(Passing, code => code == error.Code) || wait > options.LongestRefusal)
            return false;
        options.Postponed?.Invoke(error);
        return true;
    }

    private async Task SendAgainAsync(Request request, TimeSpan wait)
    {
        request.IsPostponed = true;
        try
        {
            await Task.Delay(wait, options.Time, closing).ConfigureAwait(false);
            request.IsPostponed = false;
            if (!request.Answer.Task.IsCompleted)
                await send(request.Frame).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The connection is closed for good, and with it whoever asked.
            return;
        }
    }

    private static TimeSpan? RetryAfter(ErrorFrame error) =>
        error.RetryAfterMs is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;

    private sealed record Request(long Order, ClientFrame Frame, TaskCompletionSource<ServerFrame> Answer)
    {
        private volatile bool _isPostponed;

        /// <summary>Refused for now, and to be sent again when its time has come.</summary>
        public bool IsPostponed
        {
            get => _isPostponed;
            set => _isPostponed = value;
        }
    }
}
