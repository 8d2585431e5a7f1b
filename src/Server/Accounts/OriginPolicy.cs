using System.Net;
using System.Net.NetworkInformation;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Apex.Server.Accounts;

/// <summary>Which pages of a browser may talk to this server; the same list for HTTP and for <c>/ws</c>. Immutable.</summary>
internal sealed class OriginPolicy
{
    private readonly AllowedOrigin[] _allowed;

    public OriginPolicy(ApexServerOptions options) => _allowed = [.. Listed(options), .. options.Production ? [] : ThisMachine(options)];

    /// <summary>True without an origin: such a client is no browser. Several are refused, for no browser sends them.</summary>
    public bool Allows(StringValues originHeader) => originHeader.Count switch
    {
        0 => true,
        1 => Uri.TryCreate(originHeader[0], UriKind.Absolute, out var origin)
            && origin is { PathAndQuery: "/", UserInfo.Length: 0, Fragment.Length: 0 }
            && Array.Exists(_allowed, allowed => allowed.Matches(origin)),
        _ => false,
    };

    private static IEnumerable<AllowedOrigin> Listed(ApexServerOptions options)
    {
        foreach (var text in options.AllowedOrigins)
        {
            if (AllowedOrigin.TryParse(text, out var origin) && (!options.Production || origin.Scheme == "https"))
                yield return origin;
        }
    }

    /// <summary>Pages served by this machine, by this server or by a development server on another port.</summary>
    private static IEnumerable<AllowedOrigin> ThisMachine(ApexServerOptions options)
    {
        foreach (var host in new[] { "localhost", "127.0.0.1", "[::1]" })
        {
            yield return new AllowedOrigin("http", host, null);
            yield return new AllowedOrigin("https", host, null);
        }

        foreach (var address in options.Addresses)
        {
            var listening = BindingAddress.Parse(address);
            foreach (var host in HostsOf(listening.Host))
                yield return new AllowedOrigin(listening.Scheme, host, listening.Port);
        }
    }

    /// <summary>Who listens on every interface serves its page under each of the machine's names.</summary>
    private static IEnumerable<string> HostsOf(string host) => host is "*" or "+" or "0.0.0.0" or "[::]"
        ? NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(own => new UriBuilder(Uri.UriSchemeHttp, new IPAddress(own.Address.GetAddressBytes()).ToString()).Uri.Host)
            .Append(Dns.GetHostName())
        : [host];
}
