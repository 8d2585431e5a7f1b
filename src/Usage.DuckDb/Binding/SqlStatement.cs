using System.Text;

namespace Apex.Usage.DuckDb.Binding;

/// <summary>SQL text with its parameters: values go in only through <see cref="Parameter"/>, never into the text.</summary>
internal sealed class SqlStatement
{
    private readonly StringBuilder text = new();
    private readonly List<object?> parameters = [];

    internal SqlStatement(string sql = "") => text.Append(sql);

    internal string Text => text.ToString();

    internal IReadOnlyList<object?> Parameters => parameters;

    internal SqlStatement Add(string sql)
    {
        text.Append(sql);
        return this;
    }

    /// <summary>Adds a value and returns the placeholder to write where it belongs.</summary>
    internal string Parameter(object? value)
    {
        parameters.Add(value);
        return $"${parameters.Count}";
    }
}
