namespace Apex.Client;

/// <summary>How a connection stands.</summary>
public enum ConnectionState
{
    Connecting,

    /// <summary>Connected and caught up with what was missed.</summary>
    Live,

    /// <summary>Cut; a new attempt comes by itself.</summary>
    Waiting,

    /// <summary>Ended for good: disposed of, or the credentials are no longer accepted.</summary>
    Closed,
}
