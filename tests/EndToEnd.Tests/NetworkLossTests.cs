using System.Globalization;
using Apex.Testing;
using Microsoft.Playwright;
using static Apex.EndToEnd.Tests.PageSteps;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>
/// The page's network goes away in the middle of a run, for a while or over a restart of the server: a quiet notice, and everything once
/// and in order. APEX_OUTAGE_SECONDS sets for how long, separated by commas (10 s and 2 min in the longer stage).
/// </summary>
public sealed class NetworkLossTests(BrowserFixture browser)
{
    private const string Question = "is anything wrong with our spend?";
    private const string OrdinarySeconds = "5";

    public static TheoryData<int> OutageSeconds =>
    [
        .. (Environment.GetEnvironmentVariable("APEX_OUTAGE_SECONDS") ?? OrdinarySeconds).Split(',').Select(seconds => int.Parse(seconds, CultureInfo.InvariantCulture)),
    ];

    [Theory]
    [MemberData(nameof(OutageSeconds))]
    public async Task A_run_that_ends_while_the_network_is_away_is_seen_whole_when_it_is_back(int seconds)
    {
        await using var held = await HeldServer.StartAsync();
        await using var network = new TcpProxy(held.Port);
        var page = await OpenAsync(network);
        await HeldServer.AskUntilHeldAsync(page, Question);

        network.GoDown();
        await ExpectQuietNoticeAsync(page);
        held.LetGo();
        await PassAsync(seconds);
        await Expect(page.GetByTestId("answer")).ToHaveCountAsync(0);
        network.Restore();

        await ExpectTheWholeRunAsync(page);
    }

    [Theory]
    [MemberData(nameof(OutageSeconds))]
    public async Task A_run_that_still_works_when_a_network_that_died_without_a_word_is_back_is_seen_whole(int seconds)
    {
        await using var held = await HeldServer.StartAsync();
        await using var network = new TcpProxy(held.Port);
        var page = await OpenAsync(network);
        await HeldServer.AskUntilHeldAsync(page, Question);

        // As when a laptop is carried out of reach: nothing is closed, nothing gets through, and the browser knows that it is offline.
        network.Freeze();
        await page.Context.SetOfflineAsync(true);
        await PassAsync(seconds);
        await Expect(page.GetByTestId("notice")).ToHaveCountAsync(0);
        await SaveScreenshotAsync(page, $"offline-{seconds}");
        await page.Context.SetOfflineAsync(false);
        held.LetGo();

        await ExpectTheWholeRunAsync(page);
    }

    [Fact]
    public async Task What_is_asked_while_the_network_is_away_is_kept_and_answered_once()
    {
        await using var held = await HeldServer.StartAsync();
        held.LetGo();
        await using var network = new TcpProxy(held.Port);
        var page = await OpenAsync(network);

        network.GoDown();
        await Expect(page.GetByTestId("connection-state")).ToHaveAttributeAsync("data-state", "waiting");
        await page.GetByTestId("composer").FillAsync(Question);
        await page.GetByTestId("send").ClickAsync();
        await Expect(page.GetByTestId("unsent")).ToContainTextAsync("Kept here; it is sent when the connection is back.");
        await SaveScreenshotAsync(page, "asked-while-away");
        network.Restore();

        await ExpectTheWholeRunAsync(page);
        await Expect(page.GetByTestId("question")).ToHaveCountAsync(1);
        await Expect(page.GetByTestId("answer")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task A_server_killed_and_started_again_while_the_network_is_away_finishes_the_run_before_the_users_eyes()
    {
        // Silent until it is killed: so the run is in its middle then. The next one asked says the words.
        await using var model = await ModelServer.StartAsync(ModelReply.SilentAfter("Most"), ModelReply.Saying("**Most of it goes to one model.**"));
        var settings = new Dictionary<string, string>(Administrator) { ["APEX_MODEL"] = "gpt-4o", ["APEX_MODEL_URL"] = model.Address.ToString() };
        using var data = new TemporaryFolder();
        var server = await ApexProcess.ServeAsync(data.Path, settings);
        await using var network = new TcpProxy(server.Address.Port);
        var page = await OpenAsync(network);
        await page.GetByTestId("composer").FillAsync(Question);
        await page.GetByTestId("send").ClickAsync();
        await Expect(page.GetByTestId("agent-conversation")).ToBeVisibleAsync();

        network.GoDown();
        await server.KillAsync();
        await server.DisposeAsync();
        await ExpectQuietNoticeAsync(page);
        await using var next = await ApexProcess.ServeAsync(data.Path, settings);
        network.Retarget(next.Address.Port);
        network.Restore();

        await ExpectTheWholeRunAsync(page);
        await Expect(page.GetByTestId("answer")).ToContainTextAsync("Most of it goes to one model.");
        // The whole story is there to be read afterwards: where it was cut, and that it went on.
        await page.GetByTestId("run-toggle").ClickAsync();
        await Expect(page.GetByTestId("interruption")).ToContainTextAsync("The server was restarted while the run was at work. The run went on from its last checkpoint.");
        await SaveScreenshotAsync(page, "interrupted-by-kill");
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

    private async Task<IPage> OpenAsync(TcpProxy network)
    {
        var page = await browser.OpenAsync(network.Port);
        await LogInAsync(page);
        await ImportAsync(page, SharedData.AiderCalls);
        return page;
    }

    /// <summary>An outage is a length of time: this is what is tested, not a wait for something to happen.</summary>
    private static Task PassAsync(int seconds) => Task.Delay(TimeSpan.FromSeconds(seconds));

    /// <summary>The page says so in its badge, and does not shout: no notice over what the user reads.</summary>
    private static async Task ExpectQuietNoticeAsync(IPage page)
    {
        await Expect(page.GetByTestId("connection-state")).ToHaveAttributeAsync("data-state", "waiting");
        await Expect(page.GetByTestId("connection-state")).ToContainTextAsync("Connection lost: trying again");
        await Expect(page.GetByTestId("as-last-heard")).ToContainTextAsync("this is what was last heard");
        await Expect(page.GetByTestId("notice")).ToHaveCountAsync(0);
        await SaveScreenshotAsync(page, "network-away");
    }

    private static async Task ExpectTheWholeRunAsync(IPage page)
    {
        // The page tries again at most every 30 s.
        await Expect(page.GetByTestId("answer").Last).ToBeVisibleAsync(new() { Timeout = 120_000 });
        await Expect(page.GetByTestId("run-tree").Last).ToHaveAttributeAsync("data-status", "completed");
        await Expect(page.GetByTestId("connection-state")).ToHaveAttributeAsync("data-state", "live");
        await AssertEveryEventOnceAsync(page);
        await Expect(page.GetByTestId("notice")).ToHaveCountAsync(0);
    }
}
