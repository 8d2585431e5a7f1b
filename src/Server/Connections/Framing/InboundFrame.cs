namespace Apex.Server.Connections.Framing;

internal enum InboundKind
{
    /// <summary>A whole text message, its fragments put together and its UTF-8 checked.</summary>
    Text,
    Ping,
    Pong,

    /// <summary>The peer's close frame; <see cref="InboundFrame.Code"/> is its code or <see cref="CloseCode.NoStatus"/>.</summary>
    Close,

    /// <summary>The stream ended without a close frame.</summary>
    End,

    /// <summary>The peer broke a rule or a limit: close with <see cref="InboundFrame.Code"/> and the sentence in the reason.</summary>
    Violation,
}

/// <param name="Payload">Belongs to the reader: valid until its next read.</param>
internal readonly record struct InboundFrame(
    InboundKind Kind, ReadOnlyMemory<byte> Payload = default, CloseCode Code = default, string Reason = "")
{
    public static InboundFrame Violation(CloseCode code, string reason) => new(InboundKind.Violation, default, code, reason);
}
