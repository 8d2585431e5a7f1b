using System.Globalization;
using Apex.Storage;

namespace Apex.Bench.Load.Lean;

/// <summary>
/// The method of the comparison with other servers: the server has one core to itself, the generator the other, and what counts is the
/// processor time of the server.
/// </summary>
internal static class Pinned
{
    /// <summary>The core of the server; run the generator itself on another one.</summary>
    public const int ServerCore = 0;

    /// <summary>
    /// With one core the .NET runtime waits ten times longer before it compiles hot code well, and measures it first: under full load that
    /// takes a minute, through which code runs that is twice as slow. A server that has run for a while is what counts here.
    /// </summary>
    public static readonly (string Name, string Value)[] WarmSooner =
        [("DOTNET_TieredPGO", "0"), ("DOTNET_TC_DelaySingleProcMultiplier", "1")];

    /// <summary>
    /// Lets the thread that sees bytes arrive take them itself: a generator that hands them to another first is the slower side. For the
    /// generator alone; the server runs as it is delivered.
    /// </summary>
    public const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static Task<ServerProcess> StartAsync(Durability durability) => ServerProcess.StartApexAsync(durability, core: ServerCore);

    public static async Task<string[]> MakeUsersAsync(ServerProcess server, int count)
    {
        using var reply = await server.Http.PostAsync($"/bench/users?count={count}", null);
        reply.EnsureSuccessStatusCode();
        return (await reply.Content.ReadAsStringAsync()).Split('\n');
    }

    public static async Task<LeanSocket[]> OpenAsync(
        ServerProcess server, string[] tokens, int count, long? after, Action<LeanSocket, int> arrived, int bufferBytes, int atOnce = 32)
    {
        var sockets = new LeanSocket[count];
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var number && number < count)
                sockets[number] = await LeanSocket.OpenAsync(number, server.Address, tokens[number % tokens.Length], after, arrived, bufferBytes);
        }));
        return sockets;
    }

    public static string Show(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
