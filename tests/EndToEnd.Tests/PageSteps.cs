using System.Text.Json;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>What people do on the page, for the tests that do it in a browser.</summary>
internal static class PageSteps
{
    public const string Email = "owner@example.com";
    public const string Password = "a long enough pass phrase";

    public static readonly Dictionary<string, string> Administrator = new()
    {
        ["APEX_ADMIN_EMAIL"] = Email,
        ["APEX_ADMIN_PASSWORD"] = Password,
        ["APEX_PAGE"] = PageFolder(),
    };

    public static async Task LogInAsync(IPage page, string email = Email)
    {
        await page.GotoAsync("/");
        await page.GetByTestId("login-email").FillAsync(email);
        await page.GetByTestId("login-password").FillAsync(Password);
        await page.GetByTestId("login-submit").ClickAsync();
        await page.GetByTestId("composer").WaitForAsync();
    }

    public static async Task ImportAsync(IPage page, string file)
    {
        await page.GetByTestId("open-import").ClickAsync();
        await page.GetByTestId("import-input").SetInputFilesAsync(file);
        await Expect(page.GetByTestId("import-stored").First).ToContainTextAsync("5,563", new() { Timeout = 60_000 });
        await SaveScreenshotAsync(page, "import");
        await page.GetByTestId("panel-close").ClickAsync();
    }

    /// <param name="answers">How many the conversation then shows.</param>
    public static async Task AskAsync(IPage page, string question, int? answers = null)
    {
        await page.GetByTestId("composer").FillAsync(question);
        await page.GetByTestId("send").ClickAsync();
        if (answers is { } count)
            await Expect(page.GetByTestId("answer")).ToHaveCountAsync(count);
        await Expect(page.GetByTestId("answer").Last).ToBeVisibleAsync(new() { Timeout = 60_000 });
    }

    public static async Task AssertEveryEventOnceAsync(IPage page)
    {
        var seqs = await SeqsAsync(page);
        Assert.NotEmpty(seqs);
        Assert.Equal(Enumerable.Range(0, seqs.Count).Select(i => seqs[0] + i), seqs);
    }

    public static async Task<List<long>> SeqsAsync(IPage page) =>
        (await page.EvaluateAsync<JsonElement>("() => window.__apex.seqs")).EnumerateArray().Select(e => e.GetInt64()).ToList();

    public static async Task<int> SeqCountAsync(IPage page) => (await SeqsAsync(page)).Count;

    public static Task SaveScreenshotAsync(IPage page, string name) => page.ScreenshotAsync(new PageScreenshotOptions
    {
        Path = Path.Combine(AppContext.BaseDirectory, "screenshots", name + ".png"),
        FullPage = true,
    });

    private static string PageFolder() => Path.Combine(ProjectRoot(), "web", "dist");

    public static string ProjectRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Apex.slnx")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("The tests run outside the project.");
    }
}
