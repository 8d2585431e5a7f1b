namespace Apex.Usage.Import;

/// <summary>
/// The content cannot be read, or not to its end. The message says what was seen and what is accepted; <see cref="Report"/> says
/// what was stored before. Repeating the import goes on from there, because stored rows are skipped.
/// </summary>
public sealed class UsageImportException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Null when nothing was read yet.</summary>
    public ImportReport? Report { get; internal init; }
}
