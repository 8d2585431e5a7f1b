using System.ComponentModel.DataAnnotations;
using Apex.Cli.Settings;
using Apex.Protocol.Http;
using Apex.Server;
using Apex.Server.Limits;
using Apex.Testing;

namespace Apex.Cli.Tests.Settings;

public sealed class TierSettingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_apex_json_names_is_replaced_and_the_rest_of_the_tier_and_the_other_tiers_keep_theirs()
    {
        File.WriteAllText(_folder.File("apex.json"), """
            { "tiers": {
                "Free": { "RunDeadline": "00:02:00", "MessagesPerMonth": null, "Budget": { "UsdPerDay": 2.5, "TokensPerDay": null } },
                "mid": { "runsAtOnce": 5, "EventRetention": "120.00:00:00" } } }
            """);

        var tiers = TierSetting.Read(Read());

        var free = TierDefaults.Of(Tier.Free);
        Assert.Equal(
            free with { RunDeadline = TimeSpan.FromMinutes(2), MessagesPerMonth = null, Budget = free.Budget with { UsdPerDay = 2.5m, TokensPerDay = null } },
            tiers[Tier.Free]);
        Assert.Equal(TierDefaults.Of(Tier.Mid) with { RunsAtOnce = 5, EventRetention = TimeSpan.FromDays(120) }, tiers[Tier.Mid]);
        Assert.Equal([Tier.Free, Tier.Mid], tiers.Keys.Order());
    }

    [Fact]
    public void Every_limit_of_a_tier_can_be_set()
    {
        var settable = typeof(TierLimits).GetProperties().Concat(typeof(BudgetAllowance).GetProperties())
            .Where(property => property.Name is not (nameof(TierLimits.Budget) or "EqualityContract")).Select(property => property.Name).ToArray();
        string ValueOf(string name) => name switch
        {
            nameof(TierLimits.RunDeadline) => "\"00:03:00\"",
            nameof(TierLimits.EventRetention) => "\"3.00:00:00\"",
            _ => "3",
        };
        var own = settable.Where(name => typeof(TierLimits).GetProperty(name) is not null).Select(name => $"\"{name}\": {ValueOf(name)}");
        var budget = settable.Where(name => typeof(BudgetAllowance).GetProperty(name) is not null).Select(name => $"\"{name}\": {ValueOf(name)}");

        var tiers = TierSetting.Read(Read($$$"""{ "Enterprise": { {{{string.Join(", ", own)}}}, "Budget": { {{{string.Join(", ", budget)}}} } } }"""));

        Assert.Equal(
            new TierLimits(3, 3, 3, 3, 3, TimeSpan.FromMinutes(3), 3, TimeSpan.FromDays(3), 3, 3, 3, 3) { Budget = new BudgetAllowance(3, 3, 3, 3) },
            tiers[Tier.Enterprise]);
    }

    [Fact]
    public void Without_a_word_the_defaults_hold() => Assert.Empty(TierSetting.Read(Read()));

    [Theory]
    [InlineData("""{ "gold": {} }""", "'gold' is no tier; there are: Free, Early, Mid, Enterprise.")]
    [InlineData("""{ "0": {} }""", "'0' is no tier")]
    [InlineData("""{ "free": 7 }""", "Tiers:Free is 7; it needs a JSON object.")]
    [InlineData("""{ "free": { "Runs": 7 } }""", "'Runs' is no limit in Tiers:Free; there are: MessagesPerMinute,")]
    [InlineData("""{ "free": { "RunDeadline": "soon" } }""", "Tiers:Free:RunDeadline is \"soon\"; it needs a text as")]
    [InlineData("""{ "free": { "RunDeadline": "5" } }""", "Tiers:Free:RunDeadline is \"5\"")]
    [InlineData("""{ "free": { "Connections": 1.5 } }""", "Tiers:Free:Connections is 1.5; it needs a whole number.")]
    [InlineData("""{ "free": { "Connections": null } }""", "Tiers:Free:Connections is null; it needs a whole number.")]
    [InlineData("""{ "free": { "Budget": { "UsdPerDay": "a lot" } } }""", "Tiers:Free:Budget:UsdPerDay is \"a lot\"; it needs US dollars")]
    [InlineData("""[1]""", "Tiers is [1]; it needs a JSON object.")]
    [InlineData("""{ "free": """, "cannot be used")]
    public void What_cannot_be_used_is_refused_with_its_value_and_its_source(string text, string told)
    {
        var refused = Assert.Throws<UsageException>(() => TierSetting.Read(Read(text)));

        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
        Assert.Contains("APEX_TIERS", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_out_of_its_range_stops_the_start_with_its_value_and_its_range()
    {
        var options = new ApexServerOptions
        {
            DataFolder = _folder.Path,
            Tiers = TierSetting.Read(Read("""{ "early": { "RunDeadline": "2.00:00:00", "TokensPerRun": 0 }, "free": { "RunsAtOnce": 0 } }""")),
        };

        var refused = Assert.Throws<ValidationException>(options.Validate);

        Assert.Contains("Tiers:Early:RunDeadline is 2.00:00:00; it is 00:00:01 to 1.00:00:00.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Tiers:Early:TokensPerRun is 0; it is 1 or more.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Tiers:Free:RunsAtOnce is 0; it is 1 to 1000.", refused.Message, StringComparison.Ordinal);
    }

    private SettingsInForce Read(string? tiers = null) => new SettingsReader(
        new Dictionary<string, string>(), name => name == "APEX_TIERS" ? tiers : null, _folder.Path).Read();
}
