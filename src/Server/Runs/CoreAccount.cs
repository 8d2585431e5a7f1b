using Apex.Protocol.Ids;

namespace Apex.Server.Runs;

/// <summary>What one user has had of the cores, and waits for. Belongs to <see cref="CoreTurns"/> and is used under its lock alone.</summary>
internal sealed class CoreAccount(UserId user)
{
    /// <summary>More runs in hand than this weigh no less: the share of the busiest user stays a hundredth of what his tier has.</summary>
    private const int MostDivided = 100;

    public UserId User { get; } = user;

    public LinkedList<CoreTurn> Waiting { get; } = [];

    public int Working { get; set; }

    /// <summary>Runs that begin and have not had their first turn, or that store their last words.</summary>
    public int Coming { get; set; }

    public bool IsIdle => Waiting.Count == 0 && Working == 0 && Coming == 0;

    public int TierWeight { get; set; } = 1;

    /// <summary>Runs of the user that wait or are at work, as last looked up.</summary>
    public int InHand { get; set; } = 1;

    /// <summary>When the user's next turn is due, in weighted seconds on a scale that all users share.</summary>
    public double Due { get; set; }

    public double Cost(TimeSpan time) => time.TotalSeconds * Math.Min(InHand, MostDivided) / TierWeight;
}
