using System.Globalization;
using Apex.Agents.Figures;
using Apex.Agents.Planning;

namespace Apex.Agents.Reports;

/// <summary>Says of imports that have not ended how far they are.</summary>
internal static class ImportWords
{
    private const int Shown = 3;

    /// <returns>One sentence; empty where nothing is imported.</returns>
    public static string Of(IReadOnlyList<ImportUnderWay> imports)
    {
        if (imports.Count == 0)
            return "";
        var told = imports.Take(Shown).Select(Of);
        var more = imports.Count - Shown;
        return string.Create(
            CultureInfo.InvariantCulture, $"Still being imported: {string.Join("; ", told)}{(more > 0 ? $"; and {more} more" : "")}.");
    }

    private static string Of(ImportUnderWay import)
    {
        var name = import.Name is { } file ? Inline.Quoted(Inline.Name(file).Markdown).Markdown : "generated data";
        if (import.IsWaiting)
            return $"{name}, which waits for its turn";
        var read = import.Percent is { } percent ? $"{percent} % read, " : "";
        var rows = import.RowsStored switch { 0 => "no row", 1 => "1 row", var many => string.Create(CultureInfo.InvariantCulture, $"{many:N0} rows") };
        return $"{name}, {read}{rows} stored so far";
    }
}
