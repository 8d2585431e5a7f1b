using System.Globalization;
using Apex.Agents.ChatModels;

namespace Apex.Cli.Settings;

/// <summary>The settings of one chat model, each under its own prefix: <c>model</c>, <c>model_url</c>, <c>model_key</c> …</summary>
internal sealed class ModelSettings
{
    private readonly Setting _name;
    private readonly Setting _provider;
    private readonly Setting _url;
    private readonly Setting _key;
    private readonly Setting _keyFile;
    private readonly Setting _contextTokens;
    private readonly Setting _answerTokens;
    private readonly Setting _temperature;

    public ModelSettings(string prefix, string meaning)
    {
        _name = new Setting(prefix, null, $"{meaning}, by the name its server knows; unset: none.");
        _provider = new Setting(prefix + "_provider", "openai", "Wire format of its server: openai (and all that are compatible) or anthropic.");
        _url = new Setting(prefix + "_url", null, "Base address of its server, for instance http://127.0.0.1:11434/v1; default: the provider's own.");
        _key = new Setting(prefix + "_key", null, "Key for its server.", Secret: true);
        _keyFile = new Setting(prefix + "_key_file", null, "File that holds the key for its server.");
        _contextTokens = new Setting(prefix + "_context_tokens", "32000", "Tokens it can read and write in one call.");
        _answerTokens = new Setting(prefix + "_answer_tokens", "2000", "Most tokens of one reply, at most half of the context.");
        _temperature = new Setting(prefix + "_temperature", null, "0 to 2; unset leaves it to the server.");
    }

    public IReadOnlyList<Setting> All => [_name, _provider, _url, _key, _keyFile, _contextTokens, _answerTokens, _temperature];

    /// <returns>Null when no model is named.</returns>
    /// <exception cref="UsageException">A value cannot be read; the key itself is never in the message.</exception>
    public ChatModelOptions? Read(SettingsInForce settings)
    {
        if (settings.Text(_name) is not { } name)
            return All.Skip(1).FirstOrDefault(one => settings[one].Source != "default") is { } lonely
                ? throw new UsageException($"{lonely.Name} is set but {_name.Name} is not; name the model too ({_name.Variable}).")
                : null;
        return new ChatModelOptions
        {
            Model = name,
            Provider = settings.Text(_provider) switch
            {
                "openai" => ChatModelProvider.OpenAi,
                "anthropic" => ChatModelProvider.Anthropic,
                _ => throw settings.Bad(_provider, "openai or anthropic"),
            },
            BaseAddress = settings.Text(_url) is not { } url ? null
                : Uri.TryCreate(url, UriKind.Absolute, out var address) ? address : throw settings.Bad(_url, "an address like http://127.0.0.1:11434/v1"),
            ApiKey = KeyOf(settings),
            ContextTokens = Number(settings, _contextTokens),
            AnswerTokens = Number(settings, _answerTokens),
            Temperature = settings.Text(_temperature) is not { } temperature ? null
                : double.TryParse(temperature, CultureInfo.InvariantCulture, out var value) ? value : throw settings.Bad(_temperature, "a number from 0 to 2"),
        };
    }

    private string? KeyOf(SettingsInForce settings)
    {
        if (settings.Text(_key) is { } key)
            return key;
        if (settings.Text(_keyFile) is not { } path)
            return null;
        try
        {
            return File.ReadAllText(path).Trim() is { Length: > 0 } read ? read : throw new UsageException($"{_keyFile.Name} names {path}, which is empty.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{_keyFile.Name} names {path}, which cannot be read: {unreadable.Message}");
        }
    }

    private static int Number(SettingsInForce settings, Setting setting) =>
        int.TryParse(settings.Text(setting), NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw settings.Bad(setting, "a whole number");
}
