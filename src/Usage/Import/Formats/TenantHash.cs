using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats;

/// <summary>
/// Hashes of things whose text must not be kept. The tenant is part of what is hashed, so equal prompts of two organisations do
/// not show as equal.
/// </summary>
internal static class TenantHash
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Gateways log keys hashed already; one that is not must never reach the log.</summary>
    public static string? OfKey(TenantId tenant, string? key) =>
        key is null ? null
        : key.Length == 64 && !key.AsSpan().ContainsAnyExcept(HexDigits) ? key
        : Of(tenant, Encoding.UTF8.GetBytes(key));

    /// <summary>Null when there are no messages: gateways write an empty object unless told to keep prompts.</summary>
    public static string? OfPrompt(TenantId tenant, JsonElement messages)
    {
        var isEmpty = messages.ValueKind switch
        {
            JsonValueKind.Array => messages.GetArrayLength() == 0,
            JsonValueKind.Object => messages.GetPropertyCount() == 0,
            _ => true,
        };
        return isEmpty ? null : Of(tenant, JsonMarshal.GetRawUtf8Value(messages));
    }

    public static string OfContent(TenantId tenant, ReadOnlySpan<byte> content) => Of(tenant, content);

    private static string Of(TenantId tenant, ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(tenant.Value));
        hash.AppendData([0]);
        hash.AppendData(content);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}
