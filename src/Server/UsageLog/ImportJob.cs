using System.Diagnostics.CodeAnalysis;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Server.UsageLog;

/// <summary>Work on an organisation's usage log that outlasts the request that asked for it.</summary>
/// <param name="order">What a later process would go on with it by; null for work that is then over.</param>
[SuppressMessage("Design", "CA1001", Justification = "Without a timer and a wait handle there is nothing to free, and a late caller must not meet a disposed one.")]
internal sealed class ImportJob(string organisationId, UserId user, ImportJobView view, ImportWork work, ImportOrder? order)
{
    private readonly CancellationTokenSource cancel = new();
    private volatile ImportJobView view = view;

    public string Id => view.JobId;

    public string OrganisationId { get; } = organisationId;

    /// <summary>Who asked, and sees the progress.</summary>
    public UserId User { get; } = user;

    public ImportWork Work { get; } = work;

    public ImportOrder? Order { get; } = order;

    /// <summary>An earlier process began with it.</summary>
    public bool IsTakenUp { get; set; }

    /// <summary>A snapshot, replaced whole by the worker.</summary>
    public ImportJobView View
    {
        get => view;
        set => view = value;
    }

    public CancellationToken CancelRequested => cancel.Token;

    public bool HasEnded => View.State is JobState.Completed or JobState.Failed or JobState.Cancelled;

    public Task CancelAsync() => cancel.CancelAsync();
}
