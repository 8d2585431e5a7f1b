using Apex.Testing;
using Microsoft.Playwright;
using static Apex.EndToEnd.Tests.PageSteps;
using static Microsoft.Playwright.Assertions;

namespace Apex.EndToEnd.Tests;

/// <summary>Bringing in a file of one's own: its columns are mapped on the page, and its model gets a price.</summary>
public sealed class ImportPageTests(BrowserFixture browser)
{
    [Fact]
    public async Task A_file_nobody_knows_is_mapped_previewed_imported_and_priced()
    {
        using var data = new TemporaryFolder();
        var file = Path.Combine(data.Path, "own.csv");
        await File.WriteAllTextAsync(file,
            "when;llm;tokens_in;tokens_out;note\n1767225600123;house-7b;1000000;100000;x\n1767225601123;house-7b;1000000;100000;y\n");
        await using var server = await ApexProcess.ServeAsync(data.Path, Administrator);
        var page = await browser.OpenAsync(server.Address.Port);
        await LogInAsync(page);

        await page.GetByTestId("open-import").ClickAsync();
        await page.GetByTestId("import-input").SetInputFilesAsync(file);
        await page.GetByTestId("map-columns").ClickAsync();
        await Expect(page.GetByTestId("map-input_tokens")).ToHaveValueAsync("tokens_in");
        await Expect(page.GetByTestId("map-ts_start")).ToHaveValueAsync("");
        await page.GetByTestId("map-ts_start").SelectOptionAsync("when");
        await page.GetByTestId("map-request_model").SelectOptionAsync("llm");
        await page.GetByTestId("map-time-unit").SelectOptionAsync("unix_ms");
        await Expect(page.GetByTestId("mapping-preview")).ToContainTextAsync("2026-01-01 00:00:00");
        await Expect(page.GetByTestId("mapping-preview")).ToContainTextAsync("no price");
        await SaveScreenshotAsync(page, "mapping");
        await page.GetByTestId("map-save").ClickAsync();
        await Expect(page.GetByTestId("import-stored").Last).ToHaveTextAsync("2");

        await page.GetByTestId("price-settings").Locator("summary").ClickAsync();
        await page.GetByTestId("own-model").FillAsync("house-7b");
        await page.GetByTestId("own-input").FillAsync("0.5");
        await page.GetByTestId("own-output").FillAsync("2");
        await page.GetByTestId("own-set").ClickAsync();
        await Expect(page.GetByTestId("price-settings")).ToContainTextAsync("$0.5 in, $2 out per million");
        await Expect(page.GetByTestId("import-status")).ToContainTextAsync("The cost of 2 rows of the usage log changed.");
    }

    [Fact]
    public async Task A_contracts_discount_and_a_saved_mapping_are_kept_over_a_reload_and_taken_back()
    {
        using var data = new TemporaryFolder();
        var file = Path.Combine(data.Path, "own.csv");
        await File.WriteAllTextAsync(file, "started;llm;tokens_in;tokens_out\n2026-01-01T00:00:00Z;gpt-4o;1000000;100000\n");
        await using var server = await ApexProcess.ServeAsync(data.Path, Administrator);
        var page = await browser.OpenAsync(server.Address.Port);
        await LogInAsync(page);
        await page.GetByTestId("open-import").ClickAsync();
        await page.GetByTestId("import-input").SetInputFilesAsync(file);
        await page.GetByTestId("map-columns").ClickAsync();
        await page.GetByTestId("map-ts_start").SelectOptionAsync("started");
        await page.GetByTestId("map-request_model").SelectOptionAsync("llm");
        await page.GetByTestId("map-name").FillAsync("house");
        await page.GetByTestId("map-save").ClickAsync();
        await Expect(page.GetByTestId("import-stored").Last).ToHaveTextAsync("1");
        await page.GetByTestId("price-settings").Locator("summary").ClickAsync();
        await page.GetByTestId("discount-percent").FillAsync("10");
        await page.GetByTestId("discount-set").ClickAsync();
        await Expect(page.GetByTestId("price-settings")).ToContainTextAsync("All models 10 % off");

        await page.ReloadAsync();
        await page.GetByTestId("open-import").ClickAsync();
        await page.GetByTestId("saved-mappings").Locator("summary").ClickAsync();
        await Expect(page.GetByTestId("saved-mapping")).ToContainTextAsync("house");
        await page.GetByTestId("saved-mapping").GetByRole(AriaRole.Button).ClickAsync();
        await Expect(page.GetByTestId("saved-mapping")).ToHaveCountAsync(0);
        await page.GetByTestId("price-settings").Locator("summary").ClickAsync();
        await page.GetByTestId("price-settings").GetByRole(AriaRole.Button, new() { Name = "End" }).ClickAsync();
        await Expect(page.GetByTestId("price-settings")).Not.ToContainTextAsync("% off");
        await Expect(page.GetByTestId("notice")).ToHaveCountAsync(0);
    }
}
