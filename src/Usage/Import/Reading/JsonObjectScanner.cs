using System.Buffers;

namespace Apex.Usage.Import.Reading;

/// <summary>
/// JSON objects one after the other, over as many lines as they like; the brackets and commas of an array around them and white
/// space are no part of a record.
/// </summary>
/// <param name="inArray">Whether an array holds them, which must end.</param>
internal sealed class JsonObjectScanner(bool inArray) : RecordScanner
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"[]{}"u8);
    private static readonly SearchValues<byte> TextStructure = SearchValues.Create("\"\\"u8);

    private int depth;
    private bool inText;
    private bool escaped;
    private bool closed;

    public override string? UnfinishedReason =>
        depth > 0 || inText ? "the file ends in the middle of this object"
        : closed || !inArray ? null
        : "the file ends before the JSON array does";

    public override int Scan(ReadOnlySpan<byte> next)
    {
        var at = 0;
        while (at < next.Length)
        {
            if (escaped)
            {
                escaped = false;
                at++;
                continue;
            }

            var found = next[at..].IndexOfAny(inText ? TextStructure : Structure);
            if (found < 0)
                return -1;

            at += found + 1;
            if (EndsRecord(next[at - 1]))
                return at;
        }

        return -1;
    }

    public override void Reset() => (depth, inText, escaped) = (0, false, false);

    public override ReadOnlySpan<byte> Content(ReadOnlySpan<byte> record) => record.Trim("[], \t\r\n"u8);

    private bool EndsRecord(byte token)
    {
        switch (token)
        {
            case (byte)'"':
                inText = !inText;
                return false;
            case (byte)'\\':
                escaped = true;
                return false;
            case (byte)'{':
                depth++;
                return false;
            case (byte)'}':
                depth = Math.Max(0, depth - 1);
                return depth == 0;
            default:
                // Brackets inside an object need no counting, since braces tell where it ends.
                closed |= token == (byte)']' && depth == 0;
                return false;
        }
    }
}
