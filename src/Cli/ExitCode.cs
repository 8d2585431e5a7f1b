namespace Apex.Cli;

/// <summary>What the process ends with; scripts rely on these.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUse = 2;
    public const int NotAllowed = 3;
    public const int NotReachable = 4;
}

/// <summary>The command was used wrongly; the message says how.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The command could not do its work; the message says why, the code tells a script.</summary>
internal sealed class CommandFailedException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
