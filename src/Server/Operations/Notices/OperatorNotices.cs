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
    IAccountStore accounts, IFeed feed, OperatorWebhook webhook, TimeProvider time, ILogger<OperatorNotices> logger)
{
    /// <exception cref="StorageUnavailableException">Nobody was told.</exception>
    public Task DegradedAsync(string component, string message, CancellationToken cancellationToken) =>
        TellAsync(new SystemDegraded(component, message), EventTypes.SystemDegraded, component, message, cancellationToken);

    /// <inheritdoc cref="DegradedAsync"/>
    public Task RecoveredAsync(string component, string message, CancellationToken cancellationToken) =>
        TellAsync(new SystemRecovered(component, message), EventTypes.SystemRecovered, component, message, cancellationToken);

    private async Task TellAsync(ApexEvent notice, string type, string component, string message, CancellationToken cancellationToken)
    {
        foreach (var administrator in await accounts.ListUsersInRoleAsync(Roles.Admin, cancellationToken))
            await feed.AppendAsync(new FeedAppend { User = administrator, Events = [notice] }, cancellationToken);
        LogNotice(type, message);
        webhook.Post(new OperatorNotice(Guid.CreateVersion7().ToString("N"), type, component, message, time.GetUtcNow()));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Type}: {Message}")]
    private partial void LogNotice(string type, string message);
}
