using System.ComponentModel.DataAnnotations;
using Apex.Protocol.Http;
using Apex.Server.Limits;

namespace Apex.Server.Tests.Limits;

public sealed class TierTableTests
{
    private static readonly TierLimits Own = new(7, 3, 2, 1, 0, TimeSpan.FromSeconds(5), 9, TimeSpan.FromDays(2));

    [Fact]
    public void Tier_named_in_the_options_is_replaced_and_the_others_keep_theirs()
    {
        var table = new TierTable(Options(Own));

        Assert.Equal(Own, table.For(Tier.Free));
        Assert.Equal(100, table.For(Tier.Early).MessagesPerMinute);
        Assert.Null(table.For(Tier.Enterprise).MessagesPerMonth);
        Assert.Equal(TimeSpan.FromSeconds(300), table.For(Tier.Enterprise).RunDeadline);
    }

    [Fact]
    public void Limit_out_of_its_range_stops_the_start_and_is_named()
    {
        var failed = Assert.Throws<ValidationException>(
            () => ApexServerSetup.BuildApexServer(Options(Own with { MessagesPerMinute = 0, RunDeadline = TimeSpan.Zero })));

        Assert.Contains("Tiers:Free:MessagesPerMinute is 0; it is 1 to 1000000.", failed.Message, StringComparison.Ordinal);
        Assert.Contains("Tiers:Free:RunDeadline is 00:00:00; it is 00:00:01 to 1.00:00:00.", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Budget_out_of_its_range_stops_the_start_and_its_value_and_range_are_named()
    {
        var failed = Assert.Throws<ValidationException>(() => ApexServerSetup.BuildApexServer(Options(Own with
        {
            Budget = new BudgetAllowance(UsdPerDay: -1, UsdPerMonth: 2_000_000, TokensPerDay: null, TokensPerMonth: -5),
        })));

        Assert.Contains("Tiers:Free:Budget:UsdPerDay is -1; a budget is 0 to 1,000,000 US dollars.", failed.Message, StringComparison.Ordinal);
        Assert.Contains("Tiers:Free:Budget:UsdPerMonth is 2000000", failed.Message, StringComparison.Ordinal);
        Assert.Contains("Tiers:Free:Budget:TokensPerMonth is -5; a budget is 0 or more tokens.", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("ftp://127.0.0.1:80")]
    [InlineData("http://127.0.0.1:8080/path")]
    public void Address_that_cannot_be_listened_on_stops_the_start(string address)
    {
        var failed = Assert.Throws<ValidationException>(
            () => ApexServerSetup.BuildApexServer(new ApexServerOptions { DataFolder = "unused", Urls = address }));

        Assert.Contains(address, failed.Message, StringComparison.Ordinal);
    }

    private static ApexServerOptions Options(TierLimits free) =>
        new() { DataFolder = "unused", Tiers = new Dictionary<Tier, TierLimits> { [Tier.Free] = free } };
}
