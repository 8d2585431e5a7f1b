using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Apex.Server.Connections.Upgrade;

/// <summary>A request for a socket that keeps the rules of RFC 6455 section 4.2.1.</summary>
/// <param name="Key">Of the client, to be answered with its hash.</param>
/// <param name="Offered">Subprotocols in the client's order.</param>
/// <param name="Device">The client's own name for itself, the same on each of its connections; null when it gave none.</param>
internal sealed record UpgradeRequest(string Key, IReadOnlyList<string> Offered, string? Device)
{
    private const string Version = "13";
    private const int KeyBytes = 16;
    private const int LongestDevice = 64;

    /// <summary>Reads the request, or says which rule it breaks and with which status it is to be refused.</summary>
    public static (UpgradeRequest? Request, int Status, string Why) Read(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } || !Has(headers.Upgrade, "websocket"))
            return (null, StatusCodes.Status426UpgradeRequired, "This address speaks WebSocket only: send Upgrade: websocket.");
        if (headers.SecWebSocketVersion != Version)
            return (null, StatusCodes.Status426UpgradeRequired, $"Only version {Version} of WebSocket is spoken here.");
        if (headers.SecWebSocketKey is not [{ } key] || !IsKey(key))
            return (null, StatusCodes.Status400BadRequest, "Sec-WebSocket-Key must be given once: 16 bytes in base64.");

        var device = context.Request.Query["device"];
        if (device is not ([] or [{ Length: > 0 and <= LongestDevice }]) || device.Any(static name => !name!.All(IsNameCharacter)))
            return (null, StatusCodes.Status400BadRequest, $"device must be given once: 1 to {LongestDevice} letters, digits, '-' or '_'.");

        var offered = headers.SecWebSocketProtocol
            .SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return (new UpgradeRequest(key, [.. offered], device is [{ } name] ? name : null), 0, "");
    }

    /// <summary>Answers 101 and gives the raw stream both ways.</summary>
    public async Task<Stream> AcceptAsync(HttpContext context, string? subprotocol)
    {
        var headers = context.Response.Headers;
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = Accept(Key);
        if (subprotocol is not null)
            headers.SecWebSocketProtocol = subprotocol;

        // How slow a reader may be is this room's own business: it detaches it with its cursor.
        if (context.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    private static bool Has(Microsoft.Extensions.Primitives.StringValues values, string word) => values
        .SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries))
        .Contains(word, StringComparer.OrdinalIgnoreCase);

    private static bool IsNameCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character is '-' or '_';

    private static bool IsKey(string key)
    {
        Span<byte> bytes = stackalloc byte[KeyBytes + 2];
        return key.Length == 24 && Convert.TryFromBase64String(key, bytes, out var length) && length == KeyBytes;
    }

    // RFC 6455 prescribes SHA-1 here; it proves that the server understood, and protects nothing.
#pragma warning disable CA5350
    private static string Accept(string key) => Convert.ToBase64String(
        SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}
