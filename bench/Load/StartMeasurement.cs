using Apex.Storage;

namespace Apex.Bench.Load;

/// <summary>Start to ready; memory at rest, and with idle connections.</summary>
internal static class StartMeasurement
{
    private const int Starts = 5;
    private const int Connections = 1_000;

    public static async Task RunAsync()
    {
        var starts = new List<double>();
        for (var i = 0; i < Starts; i++)
        {
            await using var one = await ServerProcess.StartApexAsync(Durability.PowerLoss);
            starts.Add(one.StartedIn.TotalMilliseconds);
        }

        starts.Sort();
        Console.WriteLine($"start to ready          median {starts[Starts / 2]:0} ms  worst {starts[^1]:0} ms  (new data folder each)");

        await using var server = await ServerProcess.StartApexAsync(Durability.PowerLoss);
        var account = await User.RegisterAsync(server);
        // Kestrel gives idle pool memory back after some seconds; so does the garbage collector.
        await Task.Delay(TimeSpan.FromSeconds(15));
        var untouched = server.ResidentMebibytes();
        var empty = await CollectedAsync(server);
        Console.WriteLine($"at rest                 {untouched:0.0} MiB resident, {empty:0.0} after a full collection");

        var users = new List<User>();
        for (var i = 0; i < Connections; i++)
            users.Add(await User.ConnectAsync(server, account));
        await Task.Delay(TimeSpan.FromSeconds(15));
        var cpu = server.ProcessorTime();
        await Task.Delay(TimeSpan.FromSeconds(10));
        var share = (server.ProcessorTime() - cpu).TotalMilliseconds / 100;
        untouched = server.ResidentMebibytes();
        var full = await CollectedAsync(server);
        Console.WriteLine(
            $"{Connections} idle connections   {untouched:0.0} MiB resident, {full:0.0} after a full collection: "
            + $"{(full - empty) * 1024 / Connections:0.0} KiB each; {share:0.00} % of a core");
        foreach (var user in users)
            await user.DisposeAsync();
    }

    /// <summary>What is really held: without what the collector has not got round to.</summary>
    private static async Task<double> CollectedAsync(ServerProcess server)
    {
        using var reply = await server.Http.PostAsync("/bench/collect", null);
        return server.ResidentMebibytes();
    }
}
