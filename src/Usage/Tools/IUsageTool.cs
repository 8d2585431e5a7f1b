using System.Text.Json;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Usage.Tools;

/// <summary>One analysis over the usage log. Stateless and pure: same log, prices and arguments give the same envelope.</summary>
public interface IUsageTool
{
    /// <summary>Stable name, lower case with underscores, for instance <c>cost_breakdown</c>.</summary>
    string Name { get; }

    /// <summary>Catalogue number, for instance <c>T03</c>.</summary>
    string Number { get; }

    /// <summary>One sentence: what the tool answers.</summary>
    string Purpose { get; }

    /// <summary>JSON Schema (draft 2020-12) of the arguments; an object without additional properties.</summary>
    JsonElement ArgumentsSchema { get; }

    /// <exception cref="ToolArgumentException">An argument is unknown, of the wrong type or out of range.</exception>
    Task<ResultEnvelope> RunAsync(ToolRequest request, CancellationToken cancellationToken);
}

/// <param name="Arguments">An object by the tool's schema; every argument may be left out unless the schema requires it.</param>
/// <param name="Now">Anchor for relative windows such as "last 30 days"; tools read no clock.</param>
/// <param name="Progress">Told rows processed so far; may be null.</param>
public sealed record ToolRequest(
    TenantId Tenant, JsonElement Arguments, IUsageLog Log, PriceBook Prices, DateTimeOffset Now, IProgress<long>? Progress = null);

/// <summary>Bad tool arguments; the message names the argument, its value and what is allowed.</summary>
public sealed class ToolArgumentException(string argument, string message) : Exception(message)
{
    public string Argument { get; } = argument;
}
