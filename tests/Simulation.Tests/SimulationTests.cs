using System.Globalization;

namespace Apex.Simulation.Tests;

/// <summary>
/// Deterministic simulation (F10): the product's own feed, hub, connections, limits and client library under one seeded scheduler.
/// APEX_SIM_SEEDS sets how many seeds, APEX_SIM_SEED repeats one; docs/testing.md tells how to read a failure.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int OrdinarySeeds = 10_000;

    /// <summary>On a machine that is much slower than most the seeds that are left by then are not run, and it is said how many were.</summary>
    private const int OrdinarySeconds = 300;
    private const int Processes = 2;

    [Fact]
    public async Task In_every_world_each_device_sees_its_feed_once_in_order_whatever_fails()
    {
        var one = Number("APEX_SIM_SEED");
        var seeds = Number("APEX_SIM_SEEDS") ?? OrdinarySeeds;
        var within = Number("APEX_SIM_SEEDS") is null ? OrdinarySeconds : 24 * 3_600;

        var results = await Task.WhenAll(one is { } seed
            ? [Simulator.RunAsync(Text(seed), "1")]
            : Enumerable.Range(1, Processes).Select(first => Simulator.RunAsync(
                Text(first), Text(seeds / Processes), "--step", Text(Processes), "--within", Text(within))));

        foreach (var (exitCode, lines) in results)
        {
            output.WriteLine(lines[^1]);
            Assert.True(exitCode == 0, Explain(lines));
        }
    }

    [Fact]
    public async Task A_seed_has_the_same_history_bit_for_bit_in_every_process()
    {
        const string Count = "150";

        var runs = await Task.WhenAll(Simulator.RunAsync("1", Count, "--hashes"), Simulator.RunAsync("1", Count, "--hashes"));

        var histories = runs.Select(run => run.Lines.Where(line => line.StartsWith("seed ", StringComparison.Ordinal)).ToList()).ToList();
        Assert.Equal(150, histories[0].Count);
        Assert.Equal(histories[0], histories[1]);
    }

    /// <summary>Or the simulation would prove nothing: each of these faults, planted into the world, is found.</summary>
    [Theory]
    [InlineData("LoseAtResume")]
    [InlineData("ForeignFeed")]
    [InlineData("LostWake")]
    [InlineData("SilentGap")]
    [InlineData("SkipDuplicateCheck")]
    [InlineData("AckBeforeSync")]
    public async Task A_planted_fault_is_found(string fault)
    {
        var (exitCode, lines) = await Simulator.RunAsync("1", "2000", "--plant", fault);

        var found = lines.FirstOrDefault(line => line.StartsWith("failed ", StringComparison.Ordinal));
        Assert.True(exitCode == 1 && found is not null, $"{fault} was not found: {lines[^1]}");
        output.WriteLine($"{fault}: {found}");
    }

    private static string Explain(string[] lines)
    {
        var failed = Array.FindIndex(lines, line => line.StartsWith("failed ", StringComparison.Ordinal));
        var seed = failed < 0 ? "?" : lines[failed].Split(' ')[1];
        return $"APEX_SIM_SEED={seed} repeats it:\n{string.Join('\n', failed < 0 ? lines : lines[failed..])}";
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
