namespace Apex.Protocol.Events;

/// <summary>What kind of work a tool does and how long such work takes, for tools that do not declare it themselves.</summary>
public static class ToolCategories
{
    private static readonly (string Word, ToolClass Class)[] ByWord =
    [
        ("search", new(ToolCategory.InformationRetrieval, DurationClass.Medium)),
        ("analyze", new(ToolCategory.DataProcessing, DurationClass.Long)),
        ("query", new(ToolCategory.DatabaseOperation, DurationClass.Short)),
        ("generate", new(ToolCategory.ContentCreation, DurationClass.Medium)),
        ("validate", new(ToolCategory.Verification, DurationClass.Short)),
        ("optimize", new(ToolCategory.PerformanceTuning, DurationClass.Long)),
        ("export", new(ToolCategory.DataExport, DurationClass.Medium)),
        ("import", new(ToolCategory.DataImport, DurationClass.Long)),
    ];

    /// <summary>By the first word of the table that the name holds; <c>general</c> and <c>medium</c> when it holds none.</summary>
    public static ToolClass For(string toolName)
    {
        ArgumentNullException.ThrowIfNull(toolName);
        foreach (var (word, toolClass) in ByWord)
        {
            if (toolName.Contains(word, StringComparison.OrdinalIgnoreCase))
                return toolClass;
        }

        return new ToolClass(ToolCategory.General, DurationClass.Medium);
    }
}

public readonly record struct ToolClass(ToolCategory Category, DurationClass ExpectedDuration);
