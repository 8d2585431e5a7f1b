using System.Collections.Concurrent;
using Apex.Protocol.Events;
using Apex.Server.Accounts;
using Apex.Storage.Accounts;
using Apex.Storage.Feed;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations.Notices;

/// <summary>
/// Tells the operators that a part of the server does not do as it should, and that it does again: an event in the feed of every
/// administrator, a line in the log, and the webhook where one is set.
/// </summary>
internal sealed partial class OperatorNotices(
    IAccountStore accounts, IFeed feed, OperatorWebhook webhook, TimeProvider time, ILogger<OperatorNotices> logger) : IDisposable
{
    /// <summary>How long the feeds may take before the notice is owed to them.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _settling = new(1, 1);
    private readonly ConcurrentQueue<ApexEvent> _owed = new();

    /// <exception cref="StorageUnavailableException">Nobody was told.</exception>
    public Task DegradedAsync(string component, string message, CancellationToken cancellationToken) =>
        TellAsync(new SystemDegraded(component, message), cancellationToken);

    /// <inheritdoc cref="DegradedAsync"/>
    public Task RecoveredAsync(string component, string message, CancellationToken cancellationToken) =>
        TellAsync(new SystemRecovered(component, message), cancellationToken);

    /// <summary>
    /// For when the store may be what fails: the log and the webhook are told at once, the feeds as soon as they take it, at the latest with
    /// the next notice of this kind. A feed may then hold it twice.
    /// </summary>
    public async Task TellAnywayAsync(ApexEvent notice, CancellationToken cancellationToken)
    {
        TellOutside(notice);
        _owed.Enqueue(notice);
        await _settling.WaitAsync(cancellationToken);
        try
        {
            while (_owed.TryPeek(out var owed))
            {
                await AppendAsync(owed, cancellationToken).WaitAsync(Patience, time, cancellationToken);
                _owed.TryDequeue(out _);
            }
        }
        catch (Exception exception) when (exception is StorageUnavailableException or TimeoutException)
        {
            LogOwed(_owed.Count, exception.Message);
        }
        finally
        {
            _settling.Release();
        }
    }

    public void Dispose() => _settling.Dispose();

    private async Task TellAsync(ApexEvent notice, CancellationToken cancellationToken)
    {
        await AppendAsync(notice, cancellationToken);
        TellOutside(notice);
    }

    private async Task AppendAsync(ApexEvent notice, CancellationToken cancellationToken)
    {
        foreach (var administrator in await accounts.ListUsersInRoleAsync(Roles.Admin, cancellationToken))
            await feed.AppendAsync(new FeedAppend { User = administrator, Events = [notice] }, cancellationToken);
    }

    private void TellOutside(ApexEvent notice)
    {
        var (component, message) = notice switch
        {
            SystemDegraded degraded => (degraded.Component, degraded.Message),
            SystemRecovered recovered => (recovered.Component, recovered.Message),
            _ => throw new ArgumentException($"{EventTypes.Of(notice)} is no notice for operators.", nameof(notice)),
        };
        var type = EventTypes.Of(notice);
        LogNotice(type, message);
        webhook.Post(new OperatorNotice(Guid.CreateVersion7().ToString("N"), type, component, message, time.GetUtcNow()));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Type}: {Message}")]
    private partial void LogNotice(string type, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} notices for operators wait until the feeds take them: {Reason}")]
    private partial void LogOwed(int count, string reason);
}
