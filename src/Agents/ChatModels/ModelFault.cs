namespace Apex.Agents.ChatModels;

/// <summary>Why a model gave no usable reply.</summary>
internal enum ModelFaultKind
{
    Unreachable,
    RateLimited,
    Overloaded,

    /// <summary>No first sign of a reply came in time.</summary>
    TooSlow,

    /// <summary>The reply had begun and nothing more came.</summary>
    FellSilent,
    CutOff,
    Unreadable,
    Unauthorized,
    NotFound,
    ContextTooLong,
    Refused,

    /// <summary>Failed so often lately that it is not asked for a while.</summary>
    Resting,
}

/// <summary>A model's call failed. The message is a safe sentence without digits: nothing that the server wrote is in it.</summary>
/// <param name="retryAfter">How long the server asks to be left alone.</param>
internal sealed class ModelFaultException(ModelFaultKind kind, int? httpStatus = null, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(Say(kind), inner)
{
    public ModelFaultKind Kind { get; } = kind;

    public int? HttpStatus { get; } = httpStatus;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The same call may go better a moment later.</summary>
    public bool MayPass => Kind is ModelFaultKind.Unreachable or ModelFaultKind.RateLimited or ModelFaultKind.Overloaded
        or ModelFaultKind.TooSlow or ModelFaultKind.FellSilent or ModelFaultKind.CutOff or ModelFaultKind.Unreadable;

    /// <summary>The server is at fault, not what it was asked: such faults, following each other, open its breaker.</summary>
    public bool CountsAgainstServer => MayPass || Kind is ModelFaultKind.Unauthorized or ModelFaultKind.NotFound;

    private static string Say(ModelFaultKind kind) => kind switch
    {
        ModelFaultKind.Unreachable => "its server could not be reached",
        ModelFaultKind.RateLimited => "its server limits how often it may be asked",
        ModelFaultKind.Overloaded => "its server failed",
        ModelFaultKind.TooSlow => "it was silent for too long (FirstTokenWithin)",
        ModelFaultKind.FellSilent => "its reply stopped coming (SilenceWithin)",
        ModelFaultKind.CutOff => "its reply broke off",
        ModelFaultKind.Unreadable => "its reply could not be read",
        ModelFaultKind.Unauthorized => "its server did not accept the key",
        ModelFaultKind.NotFound => "its server does not know that model or address",
        ModelFaultKind.ContextTooLong => "the question and its evidence do not fit its context",
        ModelFaultKind.Refused => "its server refused the request",
        _ => "it failed several times in a row and is left alone for half a minute",
    };
}
