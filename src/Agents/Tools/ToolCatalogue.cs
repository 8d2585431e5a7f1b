using System.Collections.Immutable;

namespace Apex.Agents.Tools;

/// <summary>The tools agents can call, by name. Tools of servers outside join while it is in use. Safe for concurrent use.</summary>
internal sealed class ToolCatalogue
{
    private ImmutableDictionary<string, IAgentTool> _byName;

    /// <exception cref="ArgumentException">Two tools have one name.</exception>
    public ToolCatalogue(IEnumerable<IAgentTool> tools) =>
        _byName = tools.ToDictionary(tool => tool.Description.Name, StringComparer.Ordinal).ToImmutableDictionary(StringComparer.Ordinal);

    public IEnumerable<string> Names => _byName.Keys.Order(StringComparer.Ordinal);

    public bool Has(string name) => _byName.ContainsKey(name);

    public IAgentTool? Find(string name) => _byName.GetValueOrDefault(name);

    /// <returns>False when there is a tool of that name already.</returns>
    public bool TryAdd(IAgentTool tool) => ImmutableInterlocked.TryAdd(ref _byName, tool.Description.Name, tool);
}
