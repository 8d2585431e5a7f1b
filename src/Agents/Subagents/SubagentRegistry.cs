using Apex.Agents.ChatModels;
using Microsoft.Extensions.Options;

namespace Apex.Agents.Subagents;

/// <summary>The sub-agents by name. The last one registered under a name wins, so ours can be replaced.</summary>
internal sealed class SubagentRegistry
{
    private readonly Dictionary<string, ISubagent> _byName = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">The configuration names a sub-agent that is not there, or is ours.</exception>
    public SubagentRegistry(IEnumerable<ISubagent> subagents, ChatModelOrder models, IOptions<AgentsOptions> options)
    {
        foreach (var subagent in subagents)
            _byName[subagent.Name] = subagent;
        Converses = !models.IsEmpty;
        string[] own = [.. _byName.Keys.Except(SubagentNames.BuiltIn).Order(StringComparer.Ordinal)];
        Added = options.Value.Subagents is { Count: > 0 } named ? [.. named.Distinct().Select(name => Checked(name, own))] : own;
    }

    /// <summary>Names that are not ours, of those that work, in their order.</summary>
    public IReadOnlyList<string> Added { get; }

    /// <summary>There is a chat model to converse with.</summary>
    public bool Converses { get; }

    /// <exception cref="InvalidOperationException">None is registered under this name.</exception>
    public ISubagent this[string name] => _byName.TryGetValue(name, out var found)
        ? found
        : throw new InvalidOperationException($"No sub-agent '{name}' is registered; there are: {string.Join(", ", _byName.Keys)}.");

    private static string Checked(string name, string[] own)
    {
        if (own.Contains(name))
            return name;
        throw new InvalidOperationException(SubagentNames.BuiltIn.Contains(name)
            ? $"Subagents: '{name}' is built in and works in every run; name only those that were added."
            : $"Subagents: there is no sub-agent '{name}'; there are: {(own.Length == 0 ? "none" : string.Join(", ", own))}.");
    }
}
