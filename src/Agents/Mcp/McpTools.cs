using Apex.Agents.Tools;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Client;

namespace Apex.Agents.Mcp;

/// <summary>
/// Brings the tools of the configured MCP servers into the catalogue. A server that is away holds nobody up: it is asked again in the
/// background, and its tools are there from the next run on.
/// </summary>
public sealed partial class McpTools : IAsyncDisposable
{
    private const int MaxToolsPerServer = 64;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(3);

    private readonly ToolCatalogue _catalogue;
    private readonly string? _configuration;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<McpToolServer> _servers = [];
    private Task[] _joining = [];

    internal McpTools(ToolCatalogue catalogue, IOptions<AgentsOptions> options, TimeProvider time, ILoggerFactory logs)
    {
        (_catalogue, _configuration, _time) = (catalogue, options.Value.McpConfiguration, time);
        _log = logs.CreateLogger<McpTools>();
    }

    /// <summary>Connects to the servers of <see cref="AgentsOptions.McpConfiguration"/>; does nothing where none is named.</summary>
    /// <exception cref="InvalidDataException">The file cannot be used; the message says why.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_configuration is not { } path)
            return;
        foreach (var (name, entry) in McpConfiguration.Read(path))
            _servers.Add(new McpToolServer(name, entry));
        var tried = _servers.ConvertAll(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _joining = [.. _servers.Zip(tried, (server, first) => JoinAsync(server, first, _stop.Token))];
        // Most servers answer at once; then runs find their tools from the first on.
        await Task.WhenAny(Task.WhenAll(tried.Select(one => one.Task)), Task.Delay(StartPatience, _time, cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_joining);
        foreach (var server in _servers)
            await server.DisposeAsync();
        _stop.Dispose();
    }

    private async Task JoinAsync(McpToolServer server, TaskCompletionSource tried, CancellationToken stopping)
    {
        for (var pause = FirstPause; !stopping.IsCancellationRequested; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                var client = await server.ConnectAsync(stopping);
                var tools = await client.ListToolsAsync(cancellationToken: stopping);
                Add(server, [.. tools.Take(MaxToolsPerServer)]);
                if (tools.Count > MaxToolsPerServer)
                    LogTooMany(server.Name, tools.Count, MaxToolsPerServer);
                return;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception away)
            {
                LogAway(server.Name, away.Message, pause.TotalSeconds);
            }
            finally
            {
                tried.TrySetResult();
            }

            await Task.Delay(pause, _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Add(McpToolServer server, IReadOnlyList<McpClientTool> tools)
    {
        foreach (var tool in tools)
            if (!_catalogue.TryAdd(new McpTool(server, tool.ProtocolTool, McpNames.ToolOf(server.Name, tool.Name))))
                LogNameTaken(McpNames.ToolOf(server.Name, tool.Name));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The MCP server {Server} is away and is asked again in {Seconds} s: {Reason}")]
    private partial void LogAway(string server, string reason, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The MCP server {Server} has {Count} tools; the first {Most} are taken.")]
    private partial void LogTooMany(string server, int count, int most);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A tool {Tool} is there already; the one of the MCP server is left out.")]
    private partial void LogNameTaken(string tool);
}
