using Apex.Testing;
using Microsoft.Playwright;
using static Apex.EndToEnd.Tests.PageSteps;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>
/// The page's network goes away in the middle of a run, for a while or over a restart of the server: a quiet notice, and everything once
/// and in order. APEX_OUTAGE_SECONDS sets how long it is away (2 min in the longer stage).
/// </summary>
public sealed class NetworkLossTests(BrowserFixture browser)
{
    private const int OrdinarySeconds = 5;

    private static TimeSpan Outage => TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("APEX_OUTAGE_SECONDS"), out var seconds) ? seconds : OrdinarySeconds);

    [Fact]
    public async Task A_network_that_is_away_for_a_while_costs_nothing_but_the_wait()
    {
        using var data = new TemporaryFolder();
        await using var server = await ApexProcess.ServeAsync(data.Path, Administrator);
        await using var network = new TcpProxy(server.Address.Port);
        var page = await browser.OpenAsync(network.Port);
        await LogInAsync(page);
        await ImportAsync(page, SharedData.AiderCalls);
        await BeginRunAsync(page);

        network.GoDown();
        await ExpectQuietNoticeAsync(page);
        // An outage is a length of time: this is what is tested, not a wait for something to happen.
        await Task.Delay(Outage);
        network.Restore();

        await ExpectTheWholeRunAsync(page, Outage + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_server_killed_and_started_again_while_the_network_is_away_finishes_the_run_before_the_users_eyes()
    {
        using var data = new TemporaryFolder();
        var server = await ApexProcess.ServeAsync(data.Path, Administrator);
        await using var network = new TcpProxy(server.Address.Port);
        var page = await browser.OpenAsync(network.Port);
        await LogInAsync(page);
        await ImportAsync(page, SharedData.AiderCalls);
        await BeginRunAsync(page);

        network.GoDown();
        await server.KillAsync();
        await server.DisposeAsync();
        await ExpectQuietNoticeAsync(page);
        await using var next = await ApexProcess.ServeAsync(data.Path, Administrator);
        network.Retarget(next.Address.Port);
        network.Restore();

        await ExpectTheWholeRunAsync(page, TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task What_the_page_reads_by_itself_and_the_network_cuts_short_is_read_again_without_a_notice()
    {
        using var data = new TemporaryFolder();
        await using var server = await ApexProcess.ServeAsync(data.Path, Administrator);
        var page = await browser.OpenAsync(server.Address.Port);
        await LogInAsync(page);
        await AskAsync(page, "what can you do?");

        const string messages = "**/api/threads/*/messages*";
        await page.RouteAsync(messages, route => route.AbortAsync());
        var cut = new TaskCompletionSource();
        page.RequestFailed += (_, request) =>
        {
            if (request.Url.Contains("/messages", StringComparison.Ordinal))
                cut.TrySetResult();
        };
        await page.ReloadAsync();
        await cut.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await Expect(page.GetByTestId("connection-state")).ToHaveAttributeAsync("data-state", "live");
        await Expect(page.GetByTestId("notice")).ToHaveCountAsync(0);
        await Expect(page.GetByTestId("answer")).ToHaveCountAsync(0);

        await page.UnrouteAsync(messages);
        await Expect(page.GetByTestId("answer")).ToBeVisibleAsync();
        await Expect(page.GetByTestId("notice")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task What_an_administrator_says_is_shown_on_every_device_until_it_is_put_away_on_one()
    {
        using var data = new TemporaryFolder();
        await using var server = await ApexProcess.ServeAsync(data.Path, Administrator);
        var desk = await browser.OpenAsync(server.Address.Port);
        await LogInAsync(desk);

        var (exit, said, notes) = await ApexProcess.RunAsync(
            ["broadcast", "Maintenance at ten", "Runs go on by themselves afterwards.", "--severity", "warning", "--data", data.Path]);
        Assert.True(exit == 0, notes);
        Assert.Contains("1 user has it", said, StringComparison.Ordinal);
        await Expect(desk.GetByTestId("broadcast")).ToContainTextAsync("Maintenance at ten");
        await SaveScreenshotAsync(desk, "broadcast");

        var phone = await browser.OpenAsync(server.Address.Port, width: 390, height: 844, ColorScheme.Dark);
        await LogInAsync(phone);
        await phone.GetByTestId("broadcast").GetByRole(AriaRole.Button).ClickAsync();
        await Expect(phone.GetByTestId("broadcast")).ToHaveCountAsync(0);
        var reply = desk.WaitForResponseAsync("**/api/broadcasts");
        await desk.ReloadAsync();
        await reply;
        await Expect(desk.GetByTestId("composer")).ToBeVisibleAsync();
        await Expect(desk.GetByTestId("broadcast")).ToHaveCountAsync(0);
    }

    private static async Task BeginRunAsync(IPage page)
    {
        await page.GetByTestId("composer").FillAsync("is anything wrong with our spend?");
        await page.GetByTestId("send").ClickAsync();
        await page.GetByTestId("run-tree").First.WaitForAsync();
    }

    /// <summary>The page says so in its badge, and does not shout: no notice over what the user reads.</summary>
    private static async Task ExpectQuietNoticeAsync(IPage page)
    {
        await Expect(page.GetByTestId("connection-state")).ToHaveAttributeAsync("data-state", "waiting");
        await Expect(page.GetByTestId("notice")).ToHaveCountAsync(0);
        await SaveScreenshotAsync(page, "network-away");
    }

    private static async Task ExpectTheWholeRunAsync(IPage page, TimeSpan within)
    {
        await Expect(page.GetByTestId("answer").Last).ToBeVisibleAsync(new() { Timeout = (float)within.TotalMilliseconds });
        await Expect(page.GetByTestId("connection-state")).ToHaveAttributeAsync("data-state", "live");
        await AssertEveryEventOnceAsync(page);
        await Expect(page.GetByTestId("notice")).ToHaveCountAsync(0);
    }
}
