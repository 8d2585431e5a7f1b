using Apex.Protocol.Http;

namespace Apex.Server.UsageLog;

/// <summary>What a job does. Disposed when it is over, whatever became of it.</summary>
internal abstract class ImportWork : IAsyncDisposable
{
    /// <summary>Stands in progress frames: <c>import</c>, <c>prices</c>, <c>demo</c>.</summary>
    public abstract string Operation { get; }

    /// <summary>Rows of the usage log come of it.</summary>
    public virtual bool AddsRows => true;

    /// <param name="progress">Takes the job's view so far; called from the worker.</param>
    /// <returns>The view at the end; its state is set by the caller.</returns>
    /// <exception cref="ImportFailedException">The content cannot be taken; what was stored before stays.</exception>
    public abstract Task<ImportJobView> DoAsync(
        string organisationId, ImportJobView view, IProgress<ImportJobView> progress, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}

/// <summary>The message is safe to show and says what was seen and what is accepted.</summary>
internal sealed class ImportFailedException(string message, ImportJobView view, Exception inner) : Exception(message, inner)
{
    /// <summary>What was done before.</summary>
    public ImportJobView View { get; } = view;
}
