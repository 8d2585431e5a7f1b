using ModelContextProtocol.Client;

namespace Apex.Agents.Mcp;

/// <summary>The connection to one MCP server: made when needed, kept, and made anew after it broke. Safe for concurrent use.</summary>
internal sealed class McpToolServer(string name, McpServerEntry entry) : IAsyncDisposable
{
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(10);

    private static readonly string[] Needed =
        ["PATH", "HOME", "LANG", "TMPDIR", "TEMP", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SystemRoot", "PATHEXT", "DOTNET_ROOT"];

    private readonly SemaphoreSlim _connecting = new(1, 1);
    private McpClient? _client;
    private volatile bool _isBroken;

    public string Name => name;

    /// <exception cref="IOException">The server does not start, does not answer, or does not speak the protocol.</exception>
    public async Task<McpClient> ConnectAsync(CancellationToken cancellationToken)
    {
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_client is { Completion.IsCompleted: false } connected && !_isBroken)
                return connected;
            await LetGoAsync();
            _isBroken = false;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(ConnectWithin);
            return _client = await McpClient.CreateAsync(Transport(), cancellationToken: limit.Token);
        }
        catch (Exception failed) when (failed is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"The MCP server {name} cannot be reached: {failed.Message}", failed);
        }
        finally
        {
            _connecting.Release();
        }
    }

    /// <summary>The connection is of no use any more; the next call makes a new one.</summary>
    public void Forget() => _isBroken = true;

    public async ValueTask DisposeAsync()
    {
        await LetGoAsync();
        _connecting.Dispose();
    }

    private async Task LetGoAsync()
    {
        if (_client is not { } client)
            return;
        _client = null;
        await client.DisposeAsync();
    }

    /// <summary>What a program needs to run, and what the file gives it: keys in our own environment are not its business.</summary>
    private Dictionary<string, string?> Variables()
    {
        var variables = Needed.Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name)))
            .Where(one => one.Value is not null).ToDictionary(one => one.Name, one => one.Value, StringComparer.Ordinal);
        foreach (var (variable, value) in entry.Env ?? new Dictionary<string, string>())
            variables[variable] = value;
        return variables;
    }

    private IClientTransport Transport() => entry.Url is { } url
        ? new HttpClientTransport(
            new HttpClientTransportOptions
            {
                Endpoint = url, Name = name, ConnectionTimeout = ConnectWithin,
                AdditionalHeaders = entry.Headers?.ToDictionary(StringComparer.OrdinalIgnoreCase),
            })
        : new StdioClientTransport(
            new StdioClientTransportOptions
            {
                Name = name,
                Command = entry.Command!, // Checked when the file was read: one of the two is there.
                Arguments = [.. entry.Args ?? []],
                InheritEnvironmentVariables = false,
                EnvironmentVariables = Variables(),
            });
}
