using Apex.Agents.ChatModels;

namespace Apex.Agents.Subagents;

/// <summary>The sub-agents by name. The last one registered under a name wins, so ours can be replaced.</summary>
internal sealed class SubagentRegistry
{
    private readonly Dictionary<string, ISubagent> _byName = new(StringComparer.Ordinal);

    public SubagentRegistry(IEnumerable<ISubagent> subagents, ChatModelOrder models)
    {
        foreach (var subagent in subagents)
            _byName[subagent.Name] = subagent;
        Converses = !models.IsEmpty;
        Added = [.. _byName.Keys.Except(SubagentNames.BuiltIn).Order(StringComparer.Ordinal)];
    }

    /// <summary>Names that are not ours.</summary>
    public IReadOnlyList<string> Added { get; }

    /// <summary>There is a chat model to converse with.</summary>
    public bool Converses { get; }

    /// <exception cref="InvalidOperationException">None is registered under this name.</exception>
    public ISubagent this[string name] => _byName.TryGetValue(name, out var found)
        ? found
        : throw new InvalidOperationException($"No sub-agent '{name}' is registered; there are: {string.Join(", ", _byName.Keys)}.");
}
