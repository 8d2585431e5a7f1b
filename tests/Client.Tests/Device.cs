using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Client.Tests;

/// <summary>A server, a breakable path to it, and one user's device at the other end.</summary>
internal sealed class Device : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly Credentials _credentials;

    private Device(ApexTestServer server, TcpProxy proxy, TokenReply account, ApexConnectionOptions options)
    {
        Server = server;
        Proxy = proxy;
        Account = account;
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{proxy.Port}") };
        _credentials = new Credentials(account);
        Api = new ApexApi(_http, _credentials);
        Connection = new ApexConnection(Api, options);
    }

    public ApexTestServer Server { get; }

    public TcpProxy Proxy { get; }

    public TokenReply Account { get; }

    public ApexApi Api { get; }

    public ApexConnection Connection { get; }

    public static async Task<Device> StartAsync(ApexConnectionOptions? options = null)
    {
        var server = await ApexTestServer.StartAsync();
        return new Device(
            server, new TcpProxy(server.Address.Port), await server.RegisterAsync(),
            options ?? new ApexConnectionOptions { After = 0, FirstWait = TimeSpan.FromMilliseconds(10), LongestWait = TimeSpan.FromMilliseconds(50) });
    }

    /// <summary>Appends to the user's feed from inside the server.</summary>
    public async Task AppendAsync(int count = 1)
    {
        var feed = Server.Services.GetRequiredService<IFeed>();
        for (var i = 0; i < count; i++)
        {
            var thread = Some.Thread();
            await feed.AppendAsync(
                new FeedAppend
                {
                    User = Account.User.Id,
                    Events =
                    [
                        new ThreadRenamed(thread)
                        {
                            ThreadId = thread.Id,
                            Context = new EventContext(Account.User.Id, thread.Id, null, null, null),
                        },
                    ],
                },
                CancellationToken.None).Within();
        }
    }

    /// <summary>Reads on until this many events have come, or one of this type.</summary>
    public async Task<List<ReceivedEvent>> ReadAsync(int count, string? untilType = null)
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        var read = new List<ReceivedEvent>();
        await foreach (var one in Connection.ReadAllAsync(limit.Token))
        {
            read.Add(one);
            if (read.Count == count || one.Type == untilType)
                break;
        }

        return read;
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        _credentials.Dispose();
        _http.Dispose();
        await Proxy.DisposeAsync();
        await Server.DisposeAsync();
    }
}
