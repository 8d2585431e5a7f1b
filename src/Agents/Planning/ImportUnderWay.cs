namespace Apex.Agents.Planning;

/// <summary>An import of an organisation's usage log that had not ended when a question was asked.</summary>
/// <param name="Name">The file's name; null where the rows come from no file.</param>
/// <param name="IsWaiting">Others are read before it.</param>
/// <param name="RowsStored">Rows of it that are in the log.</param>
/// <param name="Percent">Of the file that is read, 0 to 99; null where its size is not known.</param>
public sealed record ImportUnderWay(string? Name, bool IsWaiting, long RowsStored, int? Percent);
