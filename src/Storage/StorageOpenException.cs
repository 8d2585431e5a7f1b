namespace Apex.Storage;

/// <summary>The data folder cannot be used. The message is one readable line that says what to do.</summary>
public sealed class StorageOpenException(string message, Exception? inner = null) : Exception(message, inner);
