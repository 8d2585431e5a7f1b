using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Agents.Execution;

/// <summary>Who a run works for and within what bounds. Immutable; nothing an agent needs is global.</summary>
/// <param name="OrganisationId">Tenant whose usage log is read.</param>
/// <param name="History">Earlier messages of the thread, oldest first, without the one being answered.</param>
/// <param name="Checkpoint">State of the last finished step when the run goes on after a crash; null on a first start.</param>
public sealed record RunContext(
    UserId User,
    string OrganisationId,
    Tier Tier,
    ThreadId Thread,
    RunId Run,
    string RequestId,
    string Question,
    IReadOnlyList<MessageView> History,
    DateTimeOffset StartedAt,
    DateTimeOffset Deadline,
    int Attempt = 1,
    System.Text.Json.JsonElement? Checkpoint = null)
{
    private readonly bool? _isAnnounced;

    /// <summary>What the run's owner tells it while it works.</summary>
    public RunControl Control { get; init; } = new();

    /// <summary>Whether <c>agent_started</c> was said already. A fork goes on from a checkpoint and was never announced.</summary>
    public bool IsAnnounced
    {
        get => _isAnnounced ?? Checkpoint is not null;
        init => _isAnnounced = value;
    }
}
