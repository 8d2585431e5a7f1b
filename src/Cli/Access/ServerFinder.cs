using Apex.Cli.Commands;
using Apex.Cli.Settings;
using Apex.Client;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server;
using Apex.Server.Accounts;

namespace Apex.Cli.Access;

/// <summary>
/// Finds whom a command talks to: the server named by <c>--server</c>; else, unless <c>--data</c> was given, the one
/// <c>apex login</c> was used with; else the server running on the data folder, as the folder's owner; else a server inside this
/// process for as long as the command lasts.
/// </summary>
internal static class ServerFinder
{
    /// <exception cref="CommandFailedException">The named server is not there, or does not accept who we are.</exception>
    public static async Task<ServerAccess> OpenAsync(SettingsInForce settings, Terminal terminal, CancellationToken cancellationToken)
    {
        var saved = SavedLogIn.Find();
        if (settings.Text(KnownSettings.Server) is { } named)
            return await UseSavedAsync(AddressOf(named), saved, cancellationToken);
        if (saved is not null && settings[KnownSettings.Data].Source == "default")
            return await UseSavedAsync(saved.Server, saved, cancellationToken);
        return await FindRunningAsync(settings, cancellationToken) ?? await StartOwnAsync(settings, terminal, cancellationToken);
    }

    public static Uri AddressOf(string text) =>
        Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out var address)
        && address.Scheme is "http" or "https"
            ? address
            : throw new UsageException($"'{text}' is not a server's address; write for instance http://127.0.0.1:8080.");

    public static HttpClient ClientOf(Uri address) => new()
    {
        BaseAddress = address,
        // Uploads may take longer than any fixed limit; everything else is bounded by the server's own deadlines.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private static async Task<ServerAccess> UseSavedAsync(Uri address, SavedLogIn? saved, CancellationToken cancellationToken)
    {
        if (saved is null || saved.Server != address)
        {
            throw await SocketProbe.IsListeningAsync(address, cancellationToken)
                ? new CommandFailedException(ExitCode.NotAllowed, $"Nobody is logged in at {address}; run: apex login --server {address}")
                : new CommandFailedException(ExitCode.NotReachable, $"No Apex server answers at {address}.");
        }

        var credentials = Credentials.FromRefreshToken(
            saved.RefreshToken, saved.User, refreshed: next => new SavedLogIn(address, next.RefreshToken, next.User).Save());
        return new ServerAccess(ClientOf(address), credentials, $"{address} as {saved.User.Email}");
    }

    private static async Task<ServerAccess?> FindRunningAsync(SettingsInForce settings, CancellationToken cancellationToken)
    {
        if (LocalOwnerFile.Find(settings.DataFolder) is not { } owner
            || !await SocketProbe.IsListeningAsync(owner.Address, cancellationToken))
            return null;

        var http = ClientOf(owner.Address);
        try
        {
            var tokens = await new ApexApi(http).LogInLocalOwnerAsync(owner.Secret, cancellationToken);
            return new ServerAccess(http, new Credentials(tokens), $"{owner.Address} as the owner of {settings.DataFolder}");
        }
        catch (Exception e) when (e is ServerUnreachableException or ApexRequestException { Code: ErrorCode.Unauthorized })
        {
            // A file left by a server that was killed, and something else on its port: nobody runs on this folder.
            http.Dispose();
            return null;
        }
    }

    private static async Task<ServerAccess> StartOwnAsync(
        SettingsInForce settings, Terminal terminal, CancellationToken cancellationToken)
    {
        var server = ServeCommand.Build(settings, port: 0, staying: false);
        try
        {
            await server.StartAsync(cancellationToken);
            FirstRunNotice.Show(server.TakeFirstRunCredentials(), terminal);
            TokenReply tokens = await server.LogInLocalOwnerAsync(cancellationToken);
            return new ServerAccess(
                ClientOf(server.GetAddress()), new Credentials(tokens), $"the data in {settings.DataFolder}", server);
        }
        catch (StartupFailedException e)
        {
            await server.DisposeAsync();
            throw new CommandFailedException(ExitCode.Failed, e.Message, e);
        }
    }
}
