using Apex.Protocol.Events;

namespace Apex.Protocol.Tests.Events;

public sealed class ToolCategoriesTests
{
    [Theory]
    [InlineData("web_search", ToolCategory.InformationRetrieval, DurationClass.Medium)]
    [InlineData("AnalyzeLogs", ToolCategory.DataProcessing, DurationClass.Long)]
    [InlineData("query_usage", ToolCategory.DatabaseOperation, DurationClass.Short)]
    [InlineData("generate_report", ToolCategory.ContentCreation, DurationClass.Medium)]
    [InlineData("validate_plan", ToolCategory.Verification, DurationClass.Short)]
    [InlineData("optimize_routing", ToolCategory.PerformanceTuning, DurationClass.Long)]
    [InlineData("export_csv", ToolCategory.DataExport, DurationClass.Medium)]
    [InlineData("import_csv", ToolCategory.DataImport, DurationClass.Long)]
    [InlineData("cost_over_time", ToolCategory.General, DurationClass.Medium)]
    public void A_tool_without_a_declaration_is_classed_by_its_name(string name, ToolCategory category, DurationClass duration) =>
        Assert.Equal(new ToolClass(category, duration), ToolCategories.For(name));
}
