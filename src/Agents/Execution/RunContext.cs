using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Agents.Execution;

/// <summary>Who a run works for and within what bounds. Immutable; nothing an agent needs is global.</summary>
/// <param name="OrganisationId">Tenant whose usage log is read.</param>
/// <param name="History">Earlier messages of the thread, oldest first, without the one being answered.</param>
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
    int Attempt = 1)
{
    private readonly bool? _isAnnounced;

    /// <summary>What its user may do; as little as possible unless somebody says.</summary>
    public UserRole Role { get; init; }

    /// <summary>What the finished steps left, in order, when the run goes on after a crash or begins as a fork; empty on a first start.</summary>
    public IReadOnlyList<System.Text.Json.JsonElement> Checkpoints { get; init; } = [];

    /// <summary>What the run's owner tells it while it works.</summary>
    public RunControl Control { get; init; } = new();

    /// <summary>How often the run was let go to wait and went on.</summary>
    public int Resumes { get; init; }

    /// <summary>Calls of the unfinished step that stand in the stream from before the run waited: what each called, by its id.</summary>
    public IReadOnlyDictionary<string, string> Begun { get; init; } = System.Collections.Immutable.ImmutableDictionary<string, string>.Empty;

    /// <summary>Tells one call from another by what its event shows.</summary>
    /// <param name="parameters">Cleaned, as in <see cref="Protocol.Events.ToolExecuting"/>.</param>
    public static string Fingerprint(string toolName, System.Text.Json.JsonElement parameters) => $"{toolName} {CanonicalJson.Hash(parameters)}";

    /// <summary>What the run may use of its tools. Default: no limit.</summary>
    public RunCaps Caps { get; init; } = RunCaps.None;

    /// <summary>Whether <c>agent_started</c> was said already. A fork goes on from a checkpoint and was never announced.</summary>
    public bool IsAnnounced
    {
        get => _isAnnounced ?? Checkpoints.Count > 0;
        init => _isAnnounced = value;
    }
}
