using System.Buffers.Text;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Apex.Server.Connections.Upgrade;

internal enum CredentialKind
{
    /// <summary>The request shows nothing at all.</summary>
    None,
    Token,
    Ticket,

    /// <summary>Something is shown that is no credential, or one that is not taken here; the value says why.</summary>
    Unusable,
}

/// <summary>What a request for a socket shows of its sender, found in any of the places where clients put it.</summary>
/// <param name="Value">The token, the ticket, or why it cannot be used. Never to be logged.</param>
/// <param name="Subprotocol">The offered item that held the token: it may be echoed, unchanged.</param>
internal readonly record struct UpgradeCredential(CredentialKind Kind, string Value = "", string? Subprotocol = null)
{
    private const string Bearer = "Bearer ";
    private static readonly string[] Carriers = ["jwt", "jwt-auth", "bearer", "staging-auth"];

    /// <summary>The first match of: header, subprotocol, ticket, token in the query.</summary>
    public static UpgradeCredential Find(IUpgradeCaller caller, IReadOnlyList<string> offered, bool allowsTokenInQuery)
    {
        if (caller.Headers.Authorization is { Count: > 0 } header)
            return FromHeader(header);
        foreach (var item in offered)
        {
            if (FromSubprotocol(item) is { } found)
                return found;
        }

        if (caller.Query["ticket"] is { Count: > 0 } ticket)
            return One(CredentialKind.Ticket, ticket, "ticket");
        if (caller.Query["token"] is not { Count: > 0 } token)
            return new UpgradeCredential(CredentialKind.None);
        return allowsTokenInQuery
            ? One(CredentialKind.Token, token, "token")
            : new UpgradeCredential(
                CredentialKind.Unusable, "A token in the address is not taken here (setting token_in_query); use a header, a subprotocol or a ticket.");
    }

    private static UpgradeCredential FromHeader(StringValues header) =>
        header is [{ } value] && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && value.Length > Bearer.Length
            ? new UpgradeCredential(CredentialKind.Token, value[Bearer.Length..].Trim())
            : new UpgradeCredential(CredentialKind.Unusable, "Authorization must be one \"Bearer\" token.");

    private static UpgradeCredential One(CredentialKind kind, StringValues values, string name) =>
        values is [{ Length: > 0 } value]
            ? new UpgradeCredential(kind, value)
            : new UpgradeCredential(CredentialKind.Unusable, $"{name} must be given once and not be empty.");

    /// <summary>
    /// <c>jwt.TOKEN</c>, <c>jwt.ENV.TOKEN</c> and the like. A token as it is has three parts, one in base64url has one: the number of
    /// parts tells whether an environment stands in front.
    /// </summary>
    private static UpgradeCredential? FromSubprotocol(string item)
    {
        var dot = item.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !Carriers.Contains(item[..dot], StringComparer.Ordinal))
            return null;
        var parts = item[(dot + 1)..].Split('.');
        var token = parts.Length switch
        {
            1 => Decode(parts[0]),
            2 => Decode(parts[1]),
            3 => item[(dot + 1)..],
            4 => string.Join('.', parts[1..]),
            _ => null,
        };
        return token is null
            ? new UpgradeCredential(CredentialKind.Unusable, $"The subprotocol {item[..dot]}.… holds no token.")
            : new UpgradeCredential(CredentialKind.Token, token, item);
    }

    private static string? Decode(string base64Url)
    {
        if (base64Url.Length == 0 || !Base64Url.IsValid(base64Url))
            return null;
        return Encoding.ASCII.GetString(Base64Url.DecodeFromChars(base64Url));
    }
}
