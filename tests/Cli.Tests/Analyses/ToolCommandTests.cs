using Apex.Cli.Commands;
using Apex.Usage.Tools;

namespace Apex.Cli.Tests.Analyses;

public sealed class ToolCommandTests
{
    [Fact]
    public void No_option_of_the_command_takes_the_place_of_a_tools_argument()
    {
        var own = ToolCommand.Create(new SettingOptions(), new Terminal()).Options.Select(option => option.Name.TrimStart('-')).ToHashSet();

        Assert.All(UsageTools.All, tool => Assert.All(
            tool.ArgumentsSchema.GetProperty("properties").EnumerateObject(),
            argument => Assert.DoesNotContain(argument.Name.Replace('_', '-'), own)));
    }
}
