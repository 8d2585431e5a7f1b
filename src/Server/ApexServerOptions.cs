using System.ComponentModel.DataAnnotations;
using Apex.Agents.Approvals;
using Apex.Agents.ChatModels;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Server.Limits;
using Apex.Storage;
using Microsoft.Extensions.Configuration;

namespace Apex.Server;

/// <summary>Everything an operator can set. Validated before the server starts; a value out of its range stops the start.</summary>
public sealed class ApexServerOptions
{
    /// <summary>Folder of this server's state: databases and keys. Created when missing. One server at a time may use it.</summary>
    [Required(AllowEmptyStrings = false)]
    public required string DataFolder { get; init; }

    /// <summary>TCP port on 127.0.0.1; 0 takes a free one. Unused when <see cref="Urls"/> is set.</summary>
    [Range(0, 65535)]
    public int Port { get; init; } = 8080;

    /// <summary>Addresses to listen on, separated by semicolons, for instance <c>http://0.0.0.0:8080</c>.</summary>
    public string? Urls { get; init; }

    /// <summary>Folder of the built web page; null or a folder without <c>index.html</c> serves a page that says how to build it.</summary>
    public string? PageFolder { get; init; }

    /// <summary>What a commit survives. Default: loss of power.</summary>
    public Durability Durability { get; init; } = Durability.PowerLoss;

    /// <summary>E-mail of the first administrator; created at start when there is no such account.</summary>
    public string? AdminEmail { get; init; }

    /// <summary>Password of the first administrator; without it one is generated and shown once.</summary>
    public string? AdminPassword { get; init; }

    public RegistrationPolicy Registration { get; init; } = RegistrationPolicy.OwnOrganisation;

    /// <summary>Tier of accounts that register themselves.</summary>
    public Tier RegisteredTier { get; init; } = Tier.Free;

    /// <summary>
    /// Browser origins besides this machine's own, as <c>https://app.example.com</c>; <c>*</c> stands for one part of the host name.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Lets anybody who reaches the server log in as a test user. Without effect in production.</summary>
    public bool DevelopmentLogin { get; init; }

    /// <summary>Key that clients of the Netra dialect present for their test log-in; null keeps that one closed.</summary>
    public string? BypassKey { get; init; }

    /// <summary>Takes <c>?token=</c> at <c>/ws</c>, as old clients send it. Tickets are safer: an address ends up in logs.</summary>
    public bool TokenInQuery { get; init; }

    /// <summary>The server faces users: no development log-in, and origins must be https and listed.</summary>
    public bool Production { get; init; }

    /// <summary>
    /// Leaves a file in the data folder by which its owner's command line finds this server and logs in. For a server that stays.
    /// </summary>
    public bool AnnounceToOwner { get; init; }

    /// <summary>Life of an access token. 10 minutes at least: some clients discard a token 5 minutes before it ends.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "01:00:00")]
    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a session lives without being used.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long it is kept what became of an import, and results of tools that are too large for an event. Default 400 days.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan ResultRetention { get; init; } = TimeSpan.FromDays(400);

    /// <summary>Share of the answers that are scored after they were given, 0 to 1. Default 0.1.</summary>
    [Range(0.0, 1.0)]
    public double QualityShare { get; init; } = 0.1;

    /// <summary>Log-ins, registrations and refreshes one address may try per minute; twice as many at once.</summary>
    [Range(1, 1_000_000)]
    public int AttemptsPerMinutePerAddress { get; init; } = 60;

    /// <summary>Replaces the limits of the tiers named here; the others keep theirs.</summary>
    public IReadOnlyDictionary<Tier, TierLimits> Tiers { get; init; } = new Dictionary<Tier, TierLimits>();

    /// <summary>
    /// Address to which notices for operators are posted, http or https; null posts none. The signature is the HMAC of the body by
    /// <see cref="OperatorWebhookSecret"/>.
    /// </summary>
    public Uri? OperatorWebhook { get; init; }

    /// <summary>Shared with the receiver of <see cref="OperatorWebhook"/>; null signs nothing.</summary>
    public string? OperatorWebhookSecret { get; init; }

    /// <summary>Chat models in the order in which they are asked; none: the planner answers alone.</summary>
    public IReadOnlyList<ChatModelOptions> Models { get; init; } = [];

    /// <summary>File of MCP servers whose tools the agents may call; null: none.</summary>
    public string? McpConfiguration { get; init; }

    /// <summary>
    /// Names of the sub-agents added in code that work, in their order; a name that is not there stops the start. Empty: all, by name.
    /// </summary>
    public IReadOnlyList<string> Subagents { get; init; } = [];

    /// <summary>Settings of rooms by section; <c>Agents</c> is read (<see cref="Agents.AgentsOptions"/>). Null: their defaults.</summary>
    public IConfiguration? Configuration { get; init; }

    /// <summary>Which tool calls need their user's approval, and how long it stays open.</summary>
    public ApprovalPolicy Approvals { get; init; } = new();

    /// <summary>The address used when <see cref="Urls"/> says nothing.</summary>
    internal IReadOnlyList<string> Addresses => Urls is { Length: > 0 }
        ? Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        : [$"http://127.0.0.1:{Port}"];

    internal bool DevelopmentLoginOpen => DevelopmentLogin && !Production;

    /// <exception cref="ValidationException">Names every value that is out of its range.</exception>
    public void Validate()
    {
        var faults = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), faults, validateAllProperties: true);
        faults.AddRange(Tiers.SelectMany(tier => tier.Value.Faults(tier.Key)).Select(fault => new ValidationResult(fault)));
        faults.AddRange(Models.SelectMany(model => model.Faults()).Select(fault => new ValidationResult(fault)));
        faults.AddRange(Approvals.Faults().Select(fault => new ValidationResult(fault)));
        faults.AddRange(Addresses.Where(address => !IsAddress(address)).Select(address => new ValidationResult(
            $"'{address}' is not an address to listen on; write for instance http://127.0.0.1:8080.")));
        faults.AddRange(AllowedOrigins.Where(origin => !AllowedOrigin.TryParse(origin, out _)).Select(origin => new ValidationResult(
            $"'{origin}' is not an origin; write for instance https://app.example.com or https://*.example.com.")));
        if (OperatorWebhook is not (null or { IsAbsoluteUri: true, Scheme: "http" or "https" }))
            faults.Add(new ValidationResult($"operator_webhook '{OperatorWebhook}' is no http or https address."));
        if (faults.Count > 0)
            throw new ValidationException(string.Join(" ", faults.Select(fault => fault.ErrorMessage)));
    }

    private static bool IsAddress(string address) =>
        address.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
        && Microsoft.AspNetCore.Http.BindingAddress.Parse(address) is { Host.Length: > 0, PathBase.Length: 0 };
}

/// <summary>What happens to people who register themselves.</summary>
public enum RegistrationPolicy
{
    /// <summary>Each gets an organisation of their own.</summary>
    OwnOrganisation,

    /// <summary>All join the organisation of the administrator and see its usage log.</summary>
    SharedOrganisation,

    /// <summary>Nobody may.</summary>
    Closed,
}
