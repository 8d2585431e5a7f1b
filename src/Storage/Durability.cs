namespace Apex.Storage;

/// <summary>What a commit survives.</summary>
public enum Durability
{
    /// <summary>Loss of power: it is on the disk before anybody hears of it.</summary>
    PowerLoss,

    /// <summary>A killed process, but not a machine that stops: the operating system writes it soon after.</summary>
    ProcessDeath,
}
