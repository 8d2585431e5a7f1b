using System.Text.Json.Serialization;

namespace Apex.Protocol.Errors;

/// <summary>Why something was refused: the same words in error frames and in HTTP problem details.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ErrorCode>))]
public enum ErrorCode
{
    InternalError,
    UnknownType,
    InvalidJson,
    InvalidMessage,
    MessageTooLarge,
    ContentEmpty,
    ContentTooLong,
    NotFound,
    NotAvailable,
    NotReady,
    Unauthorized,
    Forbidden,
    OriginNotAllowed,
    TokenExpired,
    InvalidCredentials,
    AccountLocked,
    EmailTaken,
    WeakPassword,
    RateLimited,
    TooManyConnections,
    TooManyRuns,
    Busy,
    IdempotencyConflict,
    AlreadyEnded,
    AlreadyDecided,
    StorageUnavailable,
    DeadlineExceeded,
    Interrupted,
    Cancelled,
    InvalidArguments,
    InvalidFile,
    CursorInvalid,
    DuplicateRunId,
}
