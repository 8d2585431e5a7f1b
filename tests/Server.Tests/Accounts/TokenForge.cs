using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Apex.Server.Tests.Accounts;

/// <summary>Takes tokens apart and makes false ones.</summary>
internal static class TokenForge
{
    public static JsonObject PayloadOf(string token) => Part(token, 1);

    public static JsonObject HeaderOf(string token) => Part(token, 0);

    /// <summary>A token with another header or payload and the old signature.</summary>
    public static string WithParts(string token, Action<JsonObject>? header = null, Action<JsonObject>? payload = null)
    {
        var parts = token.Split('.');
        return string.Join('.', Changed(HeaderOf(token), header), Changed(PayloadOf(token), payload), parts[2]);
    }

    /// <summary>The token signed anew by HMAC with this key.</summary>
    public static string Signed(string token, byte[] key, HashAlgorithmName? algorithm = null)
    {
        var signed = token[..token.LastIndexOf('.')];
        var bytes = Encoding.ASCII.GetBytes(signed);
        var mac = algorithm == HashAlgorithmName.SHA512 ? HMACSHA512.HashData(key, bytes) : HMACSHA256.HashData(key, bytes);
        return signed + "." + Base64Url.EncodeToString(mac);
    }

    private static string Changed(JsonObject part, Action<JsonObject>? change)
    {
        change?.Invoke(part);
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));
    }

    private static JsonObject Part(string token, int index) =>
        JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[index]))!.AsObject();
}
