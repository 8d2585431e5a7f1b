using Apex.Agents.ChatModels;
using Apex.Cli.Settings;
using Apex.Testing;

namespace Apex.Cli.Tests.Settings;

public sealed class ModelSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void No_model_is_asked_unless_one_is_named() => Assert.Null(Read([]));

    [Fact]
    public void A_model_is_read_from_its_settings()
    {
        var model = Read(new()
        {
            ["APEX_MODEL"] = "llama3", ["APEX_MODEL_URL"] = "http://127.0.0.1:11434/v1", ["APEX_MODEL_CONTEXT_TOKENS"] = "8000",
        })!;

        Assert.Equal(("llama3", ChatModelProvider.OpenAi, 8_000), (model.Model, model.Provider, model.ContextTokens));
        Assert.Equal("http://127.0.0.1:11434/v1", model.Address.ToString());
        Assert.Empty(model.Faults());
    }

    [Fact]
    public void The_provider_brings_its_own_address_and_a_file_the_key()
    {
        File.WriteAllText(_folder.File("key"), "sk-from-file\n");

        var model = Read(new() { ["APEX_MODEL"] = "claude", ["APEX_MODEL_PROVIDER"] = "anthropic", ["APEX_MODEL_KEY_FILE"] = _folder.File("key") })!;

        Assert.Equal("sk-from-file", model.ApiKey);
        Assert.Equal("api.anthropic.com", model.Address.Host);
    }

    [Fact]
    public void The_second_model_has_settings_of_its_own()
    {
        var settings = Settings(new() { ["APEX_MODEL"] = "one", ["APEX_SECOND_MODEL"] = "two" });

        Assert.Equal("two", KnownSettings.SecondModel.Read(settings)!.Model);
        Assert.True(KnownSettings.SecondModel.All.Single(one => one.Name == "second_model_key").Secret);
    }

    [Theory]
    [InlineData("APEX_MODEL_PROVIDER", "acme", "openai or anthropic")]
    [InlineData("APEX_MODEL_URL", "nowhere", "http://127.0.0.1")]
    [InlineData("APEX_MODEL_CONTEXT_TOKENS", "many", "whole number")]
    [InlineData("APEX_MODEL_KEY_FILE", "/does/not/exist", "cannot be read")]
    public void What_cannot_be_read_is_refused_with_what_is_allowed(string variable, string value, string allowed)
    {
        var refused = Assert.Throws<UsageException>(() => Read(new() { ["APEX_MODEL"] = "one", [variable] = value }));

        Assert.Contains(value, refused.Message);
        Assert.Contains(allowed, refused.Message);
    }

    [Fact]
    public void Settings_of_a_model_that_is_not_named_are_refused()
    {
        var refused = Assert.Throws<UsageException>(() => Read(new() { ["APEX_MODEL_KEY"] = "sk-secret" }));

        Assert.Contains("APEX_MODEL", refused.Message);
        Assert.DoesNotContain("sk-secret", refused.Message);
    }

    [Theory]
    [InlineData("http://models.example.com/v1", "readable")]
    [InlineData("ftp://models.example.com/v1", "no address")]
    [InlineData("https://user:pass@models.example.com/v1", "credentials")]
    public void An_address_that_would_give_the_key_away_is_a_fault(string url, string named)
    {
        var model = Read(new() { ["APEX_MODEL"] = "one", ["APEX_MODEL_URL"] = url, ["APEX_MODEL_KEY"] = "sk-secret" })!;

        Assert.Contains(named, Assert.Single(model.Faults()));
    }

    private static SettingsInForce Settings(Dictionary<string, string> variables) =>
        new SettingsReader(new Dictionary<string, string> { ["data"] = "/nowhere" }, name => variables.GetValueOrDefault(name), "/nowhere").Read();

    private static ChatModelOptions? Read(Dictionary<string, string> variables) => KnownSettings.Model.Read(Settings(variables));
}
