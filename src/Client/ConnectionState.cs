namespace Apex.Client;

/// <summary>How a connection stands.</summary>
public enum ConnectionState
{
    Connecting,

    /// <summary>Connected and caught up with what was missed.</summary>
    Live,

    /// <summary>Cut; a new attempt comes by itself.</summary>
    Waiting,

    /// <summary>
    /// Another program under this device's name has taken its place time and again; it stays away until <see cref="ApexConnection.TakeBack"/>.
    /// </summary>
    Replaced,

    /// <summary>Ended for good: disposed of, or the credentials are no longer accepted.</summary>
    Closed,
}
