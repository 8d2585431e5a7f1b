using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Apex.Usage.Events;

/// <summary>
/// Identity of a row: 128 bits of SHA-256 over tenant, source and source id, each preceded by its length so that no two
/// different triples read alike.
/// </summary>
public static class UsageEventKey
{
    public static Int128 Of(TenantId tenant, string source, string sourceId)
    {
        var encoding = Encoding.UTF8;
        var length = (3 * sizeof(int)) + encoding.GetByteCount(tenant.Value) + encoding.GetByteCount(source) +
            encoding.GetByteCount(sourceId);
        Span<byte> content = length <= 1024 ? stackalloc byte[length] : new byte[length];

        var at = Put(content, 0, tenant.Value);
        at = Put(content, at, source);
        Put(content, at, sourceId);

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return BinaryPrimitives.ReadInt128BigEndian(hash);
    }

    /// <summary>The event id of a row: <c>ue_</c> and 32 hexadecimal digits.</summary>
    public static string EventId(TenantId tenant, string source, string sourceId) =>
        $"ue_{(UInt128)Of(tenant, source, sourceId):x32}";

    private static int Put(Span<byte> content, int at, string part)
    {
        var written = Encoding.UTF8.GetBytes(part, content[(at + sizeof(int))..]);
        BinaryPrimitives.WriteInt32LittleEndian(content[at..], written);
        return at + sizeof(int) + written;
    }
}
