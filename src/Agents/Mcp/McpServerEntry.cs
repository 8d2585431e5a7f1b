using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Apex.Agents.Mcp;

/// <summary>One MCP server whose tools the agents may call, as other clients configure it: a command to start, or an address.</summary>
/// <param name="Command">Started with <paramref name="Args"/> and <paramref name="Env"/>; speaks over its standard input and output.</param>
/// <param name="Url">Streamable HTTP; <paramref name="Headers"/> go with each request and are never shown.</param>
internal sealed record McpServerEntry(
    string? Command, IReadOnlyList<string>? Args, IReadOnlyDictionary<string, string>? Env, Uri? Url, IReadOnlyDictionary<string, string>? Headers);

/// <summary>The file <c>mcp_config</c> names: <c>{"mcpServers": {"wiki": {"command": "…", "args": […]}, "tickets": {"url": "https://…"}}}</c>.</summary>
internal sealed record McpConfiguration(IReadOnlyDictionary<string, McpServerEntry>? McpServers)
{
    private const int MaxServers = 32;

    /// <exception cref="InvalidDataException">The file cannot be used; the message says what is wrong and where.</exception>
    public static IReadOnlyDictionary<string, McpServerEntry> Read(string path)
    {
        IReadOnlyDictionary<string, McpServerEntry> servers;
        try
        {
            servers = JsonSerializer.Deserialize(File.ReadAllBytes(path), McpJson.Default.McpConfiguration)?.McpServers
                ?? throw new InvalidDataException($"{path} holds no \"mcpServers\".");
        }
        catch (JsonException malformed)
        {
            throw new InvalidDataException($"{path} is not what a file of MCP servers looks like: {malformed.Message}", malformed);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path} cannot be read: {unreadable.Message}", unreadable);
        }

        if (servers.Count > MaxServers)
            throw new InvalidDataException($"{path} names {servers.Count} MCP servers; at most {MaxServers} are taken.");
        foreach (var (name, entry) in servers)
            if (Fault(name, entry) is { } fault)
                throw new InvalidDataException($"{path}: {fault}");
        return servers;
    }

    private static string? Fault(string name, McpServerEntry? entry)
    {
        if (!McpNames.Server().IsMatch(name))
            return $"'{name}' is no name of a server; it has 1 to 24 letters, digits, dashes or underscores.";
        if (entry is null || (entry.Command is null) == (entry.Url is null))
            return $"server '{name}' must have either a command or a url.";
        return entry.Url is { } url && (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https"))
            ? $"the url of server '{name}' must begin with http:// or https://."
            : null;
    }
}

internal static partial class McpNames
{
    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,24}\z")]
    public static partial Regex Server();

    /// <summary>The name under which agents know a server's tool: lower case with underscores, the server first, at most 64 characters.</summary>
    public static string ToolOf(string server, string tool)
    {
        var name = Other().Replace($"{server}_{tool}".ToLowerInvariant(), "_");
        return name.Length <= 64 ? name : name[..64];
    }

    [GeneratedRegex("[^a-z0-9_]+")]
    private static partial Regex Other();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
[JsonSerializable(typeof(McpConfiguration))]
internal sealed partial class McpJson : JsonSerializerContext;
