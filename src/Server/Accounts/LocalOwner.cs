using System.Net;
using System.Security.Cryptography;
using System.Text;
using Apex.Protocol.Errors;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Apex.Server.Accounts;

/// <summary>Lets whoever may read the data folder act as its owner while the server runs: they could copy its files anyway.</summary>
internal sealed class LocalOwner(FirstAdministrator administrator, Sessions sessions, ApexServerOptions options, IServer server) : IDisposable
{
    private const string Device = "command line on this machine";

    private readonly string _secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
    private bool _announced;

    /// <summary>Writes the file that the command line looks for; the server must listen already.</summary>
    public void Announce()
    {
        if (!options.AnnounceToOwner)
            return;
        var address = new Uri(server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        new LocalOwnerFile(address, Environment.ProcessId, _secret).Write(options.DataFolder);
        _announced = true;
    }

    /// <param name="from">Only this machine itself may log in so.</param>
    public async Task<SignInOutcome> LogInAsync(string? secret, IPAddress? from, CancellationToken cancellationToken)
    {
        var known = secret is not null
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(_secret));
        if (!_announced || !known || from is null || !IPAddress.IsLoopback(from))
            return new SignInOutcome.Refused(ErrorCode.Unauthorized, "This is not the secret of the running server.");

        var owner = await administrator.FindOrCreateAsync(cancellationToken);
        return new SignInOutcome.SignedIn(await sessions.OpenAsync(owner, Device, cancellationToken, Roles.OfLocalOwner));
    }

    public void Dispose()
    {
        if (_announced)
            LocalOwnerFile.Remove(options.DataFolder);
    }
}
