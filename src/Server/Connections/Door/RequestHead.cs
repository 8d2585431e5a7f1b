using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Apex.Server.Connections.Door;

/// <summary>
/// The request line and headers of a request for a socket, read by RFC 9112 to the letter: what could be read in two ways is refused, for
/// whatever stands in front of this server may have read it in the other.
/// </summary>
/// <param name="Headers">Those that a request for a socket is judged by; the others are checked and left out.</param>
internal sealed record RequestHead(IHeaderDictionary Headers, IQueryCollection Query)
{
    private const int MaxHeaders = 100;

    private static readonly SearchValues<byte> NameBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> ControlBytes = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(static value => value != '\t').Append(0x7F).Select(static value => (byte)value)]);

    private static readonly (byte[] Bytes, string Name)[] Wanted =
    [
        .. new[]
        {
            "Host", "Connection", "Upgrade", "Origin", "Authorization", "Content-Length", "Transfer-Encoding", "Sec-WebSocket-Key",
            "Sec-WebSocket-Version", "Sec-WebSocket-Protocol",
        }.Select(static name => (Encoding.ASCII.GetBytes(name), name)),
    ];

    /// <summary>Whether these are the first bytes of a request for a socket: <c>GET /ws</c> and its end.</summary>
    public static bool Begins(ReadOnlySpan<byte> bytes) => bytes.StartsWith("GET /ws "u8) || bytes.StartsWith("GET /ws?"u8);

    /// <summary>How many bytes <see cref="Begins"/> looks at.</summary>
    public const int BeginningBytes = 8;

    /// <param name="head">All of it, up to and with the empty line.</param>
    /// <returns>The head; or the status and the sentence with which it is refused.</returns>
    public static (RequestHead? Head, int Status, string Why) Read(ReadOnlySpan<byte> head)
    {
        var line = TakeLine(ref head);
        var target = line[4..]; // Begins has seen the method.
        var space = target.IndexOf((byte)' ');
        if (space < 0)
            return (null, StatusCodes.Status400BadRequest, "The request line has no version.");
        if (!target[(space + 1)..].SequenceEqual("HTTP/1.1"u8))
            return (null, StatusCodes.Status505HttpVersionNotsupported, "Only HTTP/1.1 leads to a socket here.");
        target = target[..space];
        if (target.ContainsAnyExceptInRange((byte)'!', (byte)'~') || target.Contains((byte)'#'))
            return (null, StatusCodes.Status400BadRequest, "The address of the request holds a character that must be escaped.");

        IHeaderDictionary headers = new HeaderDictionary();
        var count = 0;
        while (!head.IsEmpty && TakeLine(ref head) is { IsEmpty: false } field)
        {
            if (++count > MaxHeaders)
                return (null, StatusCodes.Status431RequestHeaderFieldsTooLarge, $"The request has more than {MaxHeaders} headers.");
            if (Take(field, headers) is { } fault)
                return (null, StatusCodes.Status400BadRequest, fault);
        }

        if (headers.Host is not [{ Length: > 0 }])
            return (null, StatusCodes.Status400BadRequest, "Host must be given once.");
        if (headers.TransferEncoding.Count > 0 || headers[HeaderNames.ContentLength] is not ([] or ["0"]))
            return (null, StatusCodes.Status400BadRequest, "A request for a socket has no body.");

        var query = target.IndexOf((byte)'?');
        return (new RequestHead(headers, query < 0 ? QueryCollection.Empty : QueryOf(Encoding.ASCII.GetString(target[query..]))), 0, "");
    }

    /// <summary>Up to the next CRLF. A CR or LF alone stays in the line, where it is refused.</summary>
    private static ReadOnlySpan<byte> TakeLine(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf("\r\n"u8);
        var line = rest[..end]; // The head ends with one.
        rest = rest[(end + 2)..];
        return line;
    }

    /// <returns>What is wrong with the line.</returns>
    private static string? Take(ReadOnlySpan<byte> field, IHeaderDictionary headers)
    {
        var colon = field.IndexOf((byte)':');
        if (colon <= 0 || field[..colon].ContainsAnyExcept(NameBytes))
            return "A header has no name, or one with a character that none may have; nothing may stand before its colon, nor on its next line.";
        var value = field[(colon + 1)..].Trim(" \t"u8);
        if (value.ContainsAny(ControlBytes))
            return "A header holds a control character.";
        foreach (var (bytes, name) in Wanted)
        {
            if (!Ascii.EqualsIgnoreCase(field[..colon], bytes))
                continue;
            headers.Append(name, Encoding.Latin1.GetString(value));
            break;
        }

        return null;
    }

    private static QueryCollection QueryOf(string query) => new(QueryHelpers.ParseQuery(query));
}
