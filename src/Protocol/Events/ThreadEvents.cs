using Apex.Protocol.Http;

namespace Apex.Protocol.Events;

/// <summary>A message was stored; the user's other devices show it.</summary>
public sealed record MessageCreated(MessageView Message) : ApexEvent;

public sealed record ThreadCreated(ThreadView Thread) : ApexEvent;

public sealed record ThreadRenamed(ThreadView Thread) : ApexEvent;

public sealed record ThreadArchived(ThreadView Thread) : ApexEvent;

public sealed record SystemDegraded(string Component, string Message, long? ExpectedRecoveryMs = null) : ApexEvent;

public sealed record SystemRecovered(string Component, string Message) : ApexEvent;
