using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Apex.Server.Connections.Upgrade;

/// <summary>A request for a socket that keeps the rules of RFC 6455 section 4.2.1.</summary>
/// <param name="Key">Of the client, to be answered with its hash.</param>
/// <param name="Offered">Subprotocols in the client's order.</param>
/// <param name="Device">The client's own name for itself, the same on each of its connections; null when it gave none.</param>
internal sealed record UpgradeRequest(string Key, IReadOnlyList<string> Offered, string? Device)
{
    public const string Version = "13";

    private const int KeyBytes = 16;
    private const int LongestDevice = 64;

    /// <summary>Reads the request, or says which rule it breaks and with which status it is to be refused.</summary>
    public static (UpgradeRequest? Request, int Status, string Why) Read(IUpgradeCaller caller)
    {
        var headers = caller.Headers;
        if (!caller.IsUpgradable || !Has(headers.Upgrade, "websocket"))
            return (null, StatusCodes.Status426UpgradeRequired, "This address speaks WebSocket only: send Upgrade: websocket.");
        if (headers.SecWebSocketVersion != Version)
            return (null, StatusCodes.Status426UpgradeRequired, $"Only version {Version} of WebSocket is spoken here.");
        if (headers.SecWebSocketKey is not [{ } key] || !IsKey(key))
            return (null, StatusCodes.Status400BadRequest, "Sec-WebSocket-Key must be given once: 16 bytes in base64.");

        var device = caller.Query["device"];
        if (device is not ([] or [{ Length: > 0 and <= LongestDevice }]) || device.Any(static name => !name!.All(IsNameCharacter)))
            return (null, StatusCodes.Status400BadRequest, $"device must be given once: 1 to {LongestDevice} letters, digits, '-' or '_'.");

        var offered = headers.SecWebSocketProtocol
            .SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return (new UpgradeRequest(key, [.. offered], device is [{ } name] ? name : null), 0, "");
    }

    /// <summary>Whether one of the words of a header that lists words is this one.</summary>
    public static bool Has(StringValues values, string word) => values
        .SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries))
        .Contains(word, StringComparer.OrdinalIgnoreCase);

    // RFC 6455 prescribes SHA-1 here; it proves that the server understood, and protects nothing.
#pragma warning disable CA5350
    /// <summary>The answer to <see cref="Key"/>.</summary>
    public string Proof() => Convert.ToBase64String(
        SHA1.HashData(Encoding.ASCII.GetBytes(Key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350

    private static bool IsNameCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character is '-' or '_';

    private static bool IsKey(string key)
    {
        Span<byte> bytes = stackalloc byte[KeyBytes + 2];
        return key.Length == 24 && Convert.TryFromBase64String(key, bytes, out var length) && length == KeyBytes;
    }
}
