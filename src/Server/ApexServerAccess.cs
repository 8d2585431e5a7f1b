using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server;

/// <summary>What the process that runs a server may ask of it directly.</summary>
public static class ApexServerAccess
{
    /// <summary>Where the started server listens, with the port it was given.</summary>
    public static Uri GetAddress(this WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    /// <summary>The generated log-in of the first administrator, to be shown once; null later and when none was generated.</summary>
    public static FirstRunCredentials? TakeFirstRunCredentials(this WebApplication app) =>
        app.Services.GetRequiredService<FirstAdministrator>().TakeCredentials();

    /// <summary>
    /// Logs in as the owner of this machine's data folder: an administrator who may also name files on it. Only who runs the server in
    /// his own process can call this. The access token lives as long as any; call again for another.
    /// </summary>
    public static async Task<TokenReply> LogInLocalOwnerAsync(this WebApplication app, CancellationToken cancellationToken)
    {
        var owner = await app.Services.GetRequiredService<FirstAdministrator>().FindOrCreateAsync(cancellationToken);
        return await app.Services.GetRequiredService<Sessions>().OpenAsync(
            owner, "command line on this machine", cancellationToken, Roles.OfLocalOwner);
    }
}
