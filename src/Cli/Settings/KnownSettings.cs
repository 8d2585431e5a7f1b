namespace Apex.Cli.Settings;

/// <summary>Every setting there is, in the order <c>apex config</c> prints them.</summary>
internal static class KnownSettings
{
    public static Setting Data { get; } = new("data", DefaultDataFolder(), "Folder of this server's state: databases and keys.");
    public static Setting Port { get; } = new("port", "8080", "TCP port on 127.0.0.1, 0 to 65535; 0 takes a free one.");
    public static Setting Urls { get; } = new("urls", null, "Addresses to listen on, separated by semicolons; overrides port.");
    public static Setting Page { get; } = new("page", null, "Folder of the built web page.");
    public static Setting Server { get; } = new("server", null, "Address of the server that commands talk to.");
    public static Setting Durability { get; } = new(
        "durability", "power_loss", "power_loss: every commit reaches the disk; process_death: survives a killed process only.");
    public static Setting AdminEmail { get; } = new("admin_email", null, "E-mail of the first administrator.");
    public static Setting AdminPassword { get; } = new("admin_password", null, "Password of the first administrator.", Secret: true);
    public static Setting Registration { get; } = new(
        "registration", "own_organisation", "Who may register: own_organisation, shared_organisation or closed.");
    public static Setting AllowedOrigins { get; } = new(
        "allowed_origins", null, "Further browser origins, separated by commas; * stands for one part of a host name.");
    public static Setting DevelopmentLogin { get; } = new(
        "development_login", "false", "true lets anybody log in as a test user; for development only.");
    public static Setting BypassKey { get; } = new("bypass_key", null, "Key of the development log-in of existing clients.", Secret: true);
    public static Setting TokenInQuery { get; } = new(
        "token_in_query", "false", "true takes ?token= at /ws, as old clients send it; addresses end up in logs.");
    public static Setting Production { get; } = new(
        "production", "false", "true: origins must be https and listed, and there is no development log-in.");
    public static Setting OperatorWebhook { get; } = new(
        "operator_webhook", null, "Address that gets notices for operators by POST; http or https.");
    public static Setting OperatorWebhookSecret { get; } = new(
        "operator_webhook_secret", null, "Shared with the receiver of operator_webhook; signs each notice.", Secret: true);
    public static Setting KeepResultsDays { get; } = new(
        "keep_results_days", "400", "Days for which outcomes of imports and large results of tools are kept, 1 to 3650.");
    public static Setting QualityShare { get; } = new(
        "quality_share", "0.1", "Share of the answers that are scored after they were given, 0 to 1.");
    public static ModelSettings Model { get; } = new("model", "The chat model that puts answers into words");
    public static ModelSettings SecondModel { get; } = new("second_model", "The chat model asked when the first does not answer");
    public static Setting McpConfiguration { get; } = new(
        "mcp_config", null, "File of MCP servers whose tools the agents may call, as other clients have it: {\"mcpServers\": …}.");
    public static Setting Approvals { get; } = new(
        "approvals", null, "Which tool calls need their user's approval and which are denied, as JSON: {\"expires_after\": …, \"rules\": […]}; unset: those with effects that cannot be repeated.");
    public static Setting Agents { get; } = new(
        "agents", null, "Bounds of the agents' work, as JSON: {\"StallAfter\": \"00:00:10\", …}; the names are those that errors name as Agents:….");
    public static Setting Tiers { get; } = new(
        "tiers", null, "Limits of tiers, as JSON: {\"Free\": {\"RunDeadline\": \"00:02:00\", …}}; the names are those that errors name as Tiers:….");
    public static Setting LogLevel { get; } = new("log_level", "warning", "trace, debug, information, warning, error or none.");

    public static IReadOnlyList<Setting> All { get; } =
    [
        Data, Port, Urls, Page, Server, Durability, AdminEmail, AdminPassword, Registration, AllowedOrigins, DevelopmentLogin,
        BypassKey, TokenInQuery, Production, OperatorWebhook, OperatorWebhookSecret, KeepResultsDays, QualityShare, .. Model.All, .. SecondModel.All,
        McpConfiguration, Approvals, Agents, Tiers, LogLevel,
    ];

    private static string DefaultDataFolder() => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "apex");
}
