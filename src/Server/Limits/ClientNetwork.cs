using System.Net;

namespace Apex.Server.Limits;

/// <summary>What counts as one address: one customer usually has a whole /64 of IPv6.</summary>
internal static class ClientNetwork
{
    /// <param name="address">Null (a local socket) counts as one for all.</param>
    public static IPAddress Of(IPAddress? address)
    {
        if (address is null)
            return IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
            return address;

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
