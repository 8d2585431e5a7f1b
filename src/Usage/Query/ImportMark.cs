namespace Apex.Usage.Query;

/// <summary>How far an import has come, as stored with its rows.</summary>
/// <param name="RowsTaken">Rows handed to the log in the file's order, new or not; what was rejected is not among them.</param>
/// <param name="RowsStored">How many of these were new.</param>
public sealed record ImportMark(string ImportId, long RowsTaken, long RowsStored);
