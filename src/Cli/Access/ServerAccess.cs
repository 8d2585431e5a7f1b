using Apex.Client;

namespace Apex.Cli.Access;

/// <summary>A server to talk to, as somebody. Disposing ends what was started for it.</summary>
internal sealed class ServerAccess(HttpClient http, Credentials credentials, string description, IAsyncDisposable? ownServer = null)
    : IAsyncDisposable
{
    public ApexApi Api { get; } = new(http, credentials);

    /// <summary>For notes to the user, for instance <c>http://127.0.0.1:8080 as admin@localhost</c>.</summary>
    public string Description => description;

    public async ValueTask DisposeAsync()
    {
        credentials.Dispose();
        http.Dispose();
        if (ownServer is not null)
            await ownServer.DisposeAsync();
    }
}
