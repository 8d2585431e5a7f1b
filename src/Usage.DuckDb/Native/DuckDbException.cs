using System.Text;

namespace Apex.Usage.DuckDb.Native;

/// <summary>DuckDB refused or failed; the message is the engine's own. Does not leave the assembly.</summary>
internal sealed class DuckDbException(string message) : Exception(message)
{
    internal static unsafe DuckDbException From(byte* error, string whatFailed) =>
        new(Text(error) ?? $"{whatFailed} failed without a reason.");

    internal static unsafe string? Text(byte* utf8)
    {
        if (utf8 is null)
            return null;

        var length = 0;
        while (utf8[length] != 0)
            length++;
        return Encoding.UTF8.GetString(utf8, length);
    }
}
