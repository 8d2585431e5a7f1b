using Apex.Cli.Settings;
using Apex.Testing;

namespace Apex.Cli.Tests.Settings;

public sealed class SettingsReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_flag_goes_before_a_variable_that_before_the_file_and_that_before_the_default()
    {
        File.WriteAllText(_folder.File("apex.json"), """{ "port": 7001, "durability": "process_death", "log_level": "debug" }""");

        var settings = Read(
            flags: new() { ["port"] = "7003" },
            variables: new() { ["APEX_PORT"] = "7002", ["APEX_DURABILITY"] = "power_loss" });

        Assert.Equal(7003, settings.Port);
        Assert.Equal(Storage.Durability.PowerLoss, settings.Choice<Storage.Durability>(KnownSettings.Durability));
        Assert.Equal("debug", settings.Text(KnownSettings.LogLevel));
        Assert.Equal("own_organisation", settings.Text(KnownSettings.Registration));
        Assert.Equal("--port", settings[KnownSettings.Port].Source);
        Assert.Equal("APEX_DURABILITY", settings[KnownSettings.Durability].Source);
        Assert.EndsWith("apex.json", settings[KnownSettings.LogLevel].Source);
        Assert.Equal("default", settings[KnownSettings.Registration].Source);
    }

    [Theory]
    [InlineData("70000")]
    [InlineData("-1")]
    [InlineData("eighty")]
    public void A_port_out_of_range_is_refused_with_its_value_its_source_and_the_range(string port)
    {
        var settings = Read(variables: new() { ["APEX_PORT"] = port });

        var refused = Assert.Throws<UsageException>(() => settings.Port);

        Assert.Contains(port, refused.Message);
        Assert.Contains("APEX_PORT", refused.Message);
        Assert.Contains("65535", refused.Message);
    }

    [Theory]
    [InlineData("""{ "prot": 1 }""", "prot")]
    [InlineData("""[1]""", "one JSON object")]
    [InlineData("""{ "port": """, "not valid JSON")]
    public void An_unusable_file_is_refused_with_what_is_wrong(string content, string named)
    {
        File.WriteAllText(_folder.File("apex.json"), content);

        var refused = Assert.Throws<UsageException>(() => Read());

        Assert.Contains(named, refused.Message);
        Assert.Contains("apex.json", refused.Message);
    }

    [Fact]
    public void A_file_in_the_data_folder_is_found_when_the_working_folder_has_none()
    {
        var data = Directory.CreateDirectory(_folder.File("data")).FullName;
        File.WriteAllText(Path.Combine(data, "apex.json"), """{ "registration": "closed" }""");

        var settings = Read(flags: new() { ["data"] = data });

        Assert.Equal("closed", settings.Text(KnownSettings.Registration));
    }

    [Fact]
    public void A_choice_that_does_not_exist_and_a_flag_that_is_neither_true_nor_false_are_refused()
    {
        var settings = Read(variables: new() { ["APEX_DURABILITY"] = "maybe", ["APEX_PRODUCTION"] = "perhaps" });

        Assert.Contains("maybe", Assert.Throws<UsageException>(() => settings.Choice<Storage.Durability>(KnownSettings.Durability)).Message);
        Assert.Contains("perhaps", Assert.Throws<UsageException>(() => settings.Flag(KnownSettings.Production)).Message);
    }

    private SettingsInForce Read(Dictionary<string, string>? flags = null, Dictionary<string, string>? variables = null)
    {
        flags ??= [];
        flags.TryAdd("data", _folder.File("data"));
        return new SettingsReader(flags, name => variables?.GetValueOrDefault(name), _folder.Path).Read();
    }
}
