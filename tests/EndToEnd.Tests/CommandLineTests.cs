using System.Text.Json;
using Apex.Testing;

namespace Apex.EndToEnd.Tests;

/// <summary>What a newcomer types, with no server running: every command on one data folder.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public async Task Import_prices_and_two_questions_over_the_real_log_work_without_a_running_server()
    {
        using var data = new TemporaryFolder();

        var import = await ApexProcess.RunAsync(["import", SharedData.AiderCalls, "--data", data.Path]);
        Assert.True(import.ExitCode == 0, import.Notes);
        Assert.Contains("5,563", import.Output);

        foreach (var prices in new[] { SharedData.LiteLlmPrices, SharedData.PriceHistory })
        {
            var imported = await ApexProcess.RunAsync(["prices", "import", prices, "--data", data.Path]);
            Assert.True(imported.ExitCode == 0, imported.Notes);
        }

        var trust = await ApexProcess.RunAsync(["ask", "is anything wrong with our spend?", "--data", data.Path]);
        Assert.True(trust.ExitCode == 0, trust.Notes);
        Assert.Contains("$", trust.Output);
        Assert.Contains("cost_reconcile", trust.Notes);

        var months = await ApexProcess.RunAsync(["ask", "what did we spend per model, month by month?", "--data", data.Path]);
        Assert.True(months.ExitCode == 0, months.Notes);
        Assert.Contains("2024-08", months.Output);
        Assert.Contains("claude-3-5-sonnet-20241022", months.Output);
    }

    [Fact]
    public async Task Json_prints_the_event_stream_of_the_run_and_nothing_else_on_standard_output()
    {
        using var data = new TemporaryFolder();
        await ApexProcess.RunAsync(["import", SharedData.AiderCalls, "--data", data.Path]);

        var asked = await ApexProcess.RunAsync(["ask", "how are we doing?", "--json", "--data", data.Path]);

        Assert.True(asked.ExitCode == 0, asked.Notes);
        var types = asked.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("type").GetString())
            .ToList();
        Assert.Equal("agent_started", types[0]);
        Assert.Equal("agent_completed", types[^1]);
        Assert.Contains("tool_completed", types);
    }

    [Fact]
    public async Task A_chat_model_named_by_variables_answers_in_words_and_its_key_is_shown_by_nothing()
    {
        using var data = new TemporaryFolder();
        await using var model = await ModelServer.StartAsync(ModelReply.Saying("**The words of a model.** Nothing else."));
        var variables = new Dictionary<string, string>
        {
            ["APEX_MODEL"] = "gpt-4o", ["APEX_MODEL_URL"] = model.Address.ToString(), ["APEX_MODEL_KEY"] = "sk-very-secret",
        };
        await ApexProcess.RunAsync(["import", SharedData.AiderCalls, "--data", data.Path]);

        var asked = await ApexProcess.RunAsync(["ask", "what did we spend?", "--data", data.Path], variables);
        var config = await ApexProcess.RunAsync(["config", "--data", data.Path], variables);

        Assert.True(asked.ExitCode == 0, asked.Notes);
        Assert.StartsWith("The words of a model.", asked.Output.TrimStart(), StringComparison.Ordinal);
        Assert.Contains("words by gpt-4o", asked.Notes, StringComparison.Ordinal);
        Assert.Equal("Bearer sk-very-secret", model.Calls[0].Headers["Authorization"]);
        Assert.Contains("model_key", config.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-very-secret", asked.Output + asked.Notes + config.Output + config.Notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_use_a_missing_file_and_an_unreachable_server_end_with_their_own_exit_codes()
    {
        using var data = new TemporaryFolder();

        var wrong = await ApexProcess.RunAsync(["fly", "--data", data.Path]);
        var missing = await ApexProcess.RunAsync(["import", "/nowhere/log.csv", "--data", data.Path]);
        var unreachable = await ApexProcess.RunAsync(["ask", "hello", "--server", "http://127.0.0.1:9", "--data", data.Path]);

        Assert.Equal(2, wrong.ExitCode);
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("/nowhere/log.csv", missing.Notes);
        Assert.Equal(4, unreachable.ExitCode);
        Assert.Contains("127.0.0.1:9", unreachable.Notes);
    }

    [Fact]
    public async Task Commands_use_the_server_that_runs_on_the_same_data_folder()
    {
        using var data = new TemporaryFolder();
        await using var server = await ApexProcess.ServeAsync(data.Path);

        var import = await ApexProcess.RunAsync(["import", SharedData.AiderCalls, "--data", data.Path]);

        Assert.True(import.ExitCode == 0, import.Notes + server.Output);
        Assert.Contains("5,563", import.Output);
    }

    [Fact]
    public async Task A_second_server_on_the_same_data_folder_is_refused_with_a_readable_line()
    {
        using var data = new TemporaryFolder();
        await using var server = await ApexProcess.ServeAsync(data.Path);

        var second = await ApexProcess.RunAsync(["serve", "--port", "0", "--data", data.Path]);

        Assert.NotEqual(0, second.ExitCode);
        Assert.Contains(data.Path, second.Notes);
        Assert.Contains(server.Id.ToString(), second.Notes);
    }
}
