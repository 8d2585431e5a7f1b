using System.Net.Sockets;

namespace Apex.Cli.Access;

/// <summary>Tells whether anybody listens at an address, without speaking to them.</summary>
internal static class SocketProbe
{
    public static bool IsListening(Uri address)
    {
        try
        {
            using var socket = new TcpClient();
            socket.Connect(address.Host, address.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
