namespace Apex.Agents.Tools;

/// <summary>The tools agents can call, by name.</summary>
internal sealed class ToolCatalogue
{
    private readonly Dictionary<string, IAgentTool> _byName;

    /// <exception cref="ArgumentException">Two tools have one name.</exception>
    public ToolCatalogue(IEnumerable<IAgentTool> tools) =>
        _byName = tools.ToDictionary(tool => tool.Description.Name, StringComparer.Ordinal);

    public IEnumerable<string> Names => _byName.Keys.Order(StringComparer.Ordinal);

    public bool Has(string name) => _byName.ContainsKey(name);

    public IAgentTool? Find(string name) => _byName.GetValueOrDefault(name);
}
