namespace Apex.Usage.Query;

/// <summary>Why a usage log cannot be opened or written; callers tell these apart, everything else is <see cref="Engine"/>.</summary>
public enum UsageLogFault
{
    /// <summary>Another process, or another log object of this one, has the file open.</summary>
    InUse,

    /// <summary>The file was written by a newer version of this software.</summary>
    NewerSchema,

    /// <summary>The native library of the engine is missing or does not load.</summary>
    EngineMissing,

    /// <summary>The file is no usage log, or is damaged.</summary>
    Unreadable,

    /// <summary>The disk is full or read-only; what was committed before is unharmed.</summary>
    NoSpace,

    /// <summary>The engine reported something else; the message is its own.</summary>
    Engine,
}

/// <summary>The usage log's infrastructure failed. The message says what to do; it holds paths but no row contents.</summary>
public sealed class UsageLogException(UsageLogFault fault, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public UsageLogFault Fault { get; } = fault;
}
