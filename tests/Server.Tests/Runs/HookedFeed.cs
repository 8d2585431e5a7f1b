using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Server.Operations;
using Apex.Storage.Feed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Apex.Server.Tests.Runs;

/// <summary>The real feed, in which a test can stand before and after each append: hold it up, or let it fail.</summary>
internal sealed class HookedFeed : IFeed
{
    private Func<IFeed>? _real;

    public Func<FeedAppend, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>The append is stored, and whoever made it does not know yet.</summary>
    public Func<FeedAppend, Task> After { get; set; } = _ => Task.CompletedTask;

    public string Epoch => Real.Epoch;

    private IFeed Real => _real?.Invoke() ?? throw new InvalidOperationException("The server has not started.");

    public void Stand(IServiceCollection services) => services.Replace(ServiceDescriptor.Singleton<IFeed>(provider =>
    {
        _real = () => provider.GetRequiredService<EmbeddedStore>().Open.Feed;
        return this;
    }));

    public async ValueTask<AppendOutcome> AppendAsync(FeedAppend append, CancellationToken cancellationToken)
    {
        await Before(append);
        var outcome = await Real.AppendAsync(append, cancellationToken);
        await After(append);
        return outcome;
    }

    public ValueTask<FeedPage> ReadAsync(FeedRead read, CancellationToken cancellationToken) => Real.ReadAsync(read, cancellationToken);

    public ValueTask<IReadOnlyList<FeedEntry>> ReadRunAsync(
        UserId user, RunId run, long afterRunSeq, int limit, CancellationToken cancellationToken) =>
        Real.ReadRunAsync(user, run, afterRunSeq, limit, cancellationToken);

    public ValueTask<long> GetHeadAsync(UserId user, CancellationToken cancellationToken) => Real.GetHeadAsync(user, cancellationToken);

    public IDisposable Watch(UserId user, IFeedWatcher watcher) => Real.Watch(user, watcher);

    public void PublishTransient(UserId user, ServerFrame frame, string? mergeKey = null) => Real.PublishTransient(user, frame, mergeKey);
}
