namespace Apex.Server.Connections.Framing;

/// <summary>Why a socket is closed, as the number in the close frame (RFC 6455 section 7.4; 4000 and above are ours).</summary>
internal enum CloseCode
{
    Normal = 1000,
    GoingAway = 1001,
    ProtocolError = 1002,
    UnsupportedData = 1003,

    /// <summary>Never on the wire: the peer's close frame held no code.</summary>
    NoStatus = 1005,

    /// <summary>Never on the wire: the peer vanished without a close frame, which is normal for a browser or a killed client.</summary>
    Vanished = 1006,
    InvalidData = 1007,
    PolicyViolation = 1008,
    TooLarge = 1009,
    ServerFault = 1011,
    CredentialsEnded = 4401,
    TooSlow = 4408,

    /// <summary>The same device has opened another connection.</summary>
    Replaced = 4409,
    RateLimited = 4429,
}
