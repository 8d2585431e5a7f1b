using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Server.Runs;
using Apex.Storage;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Bench.Runs;

/// <summary>
/// A light user asks one question after the other over a real log: alone, and beside one who has 500 runs waiting. The two are taken in
/// turn, in short rounds, so that what else the machine does falls on both.
/// </summary>
internal static class Fairness
{
    private const string Question = "What are we spending per model, and what can we save?";
    private const int Rounds = 8;
    private const int QuestionsPerRound = 15;
    private const int Backlog = 500;

    public static async Task MeasureAsync()
    {
        using var folder = new TemporaryFolder();
        await using var server = await BenchServer.StartAsync(folder.Path, Durability.ProcessDeath);
        var light = await WithLogAsync(server, "light@example.com");
        var heavy = await WithLogAsync(server, "heavy@example.com");
        await AskAsync(server, light, 100);

        var (alone, beside, done) = (new List<double>(), new List<double>(), 0);
        for (var round = 0; round < Rounds; round++)
        {
            alone.AddRange(await AskAsync(server, light, QuestionsPerRound));
            var backlog = new List<RunId>();
            for (var run = 0; run < Backlog; run++)
                backlog.Add(await server.StartRunAsync(heavy, Question));
            var queue = server.Services.GetRequiredService<RunQueue>();
            var before = queue.CountOf(heavy.User);
            beside.AddRange(await AskAsync(server, light, QuestionsPerRound));
            done += before - queue.CountOf(heavy.User);
            await StopAsync(server, heavy, backlog);
        }

        alone.Sort();
        beside.Sort();
        Console.WriteLine(FormattableString.Invariant(
            $"fairness, a run of the light user: alone p50 {At(alone, 0.5):0} p95 {At(alone, 0.95):0} ms; beside {Backlog} runs of another p50 {At(beside, 0.5):0} (×{At(beside, 0.5) / At(alone, 0.5):0.00}) p95 {At(beside, 0.95):0} ms (×{At(beside, 0.95) / At(alone, 0.95):0.00}); meanwhile {beside.Count} runs of the light user and {done} of the other ended"));
    }

    private static async Task StopAsync(BenchServer server, Principal user, List<RunId> runs)
    {
        foreach (var run in runs)
            await server.Services.GetRequiredService<RunStopper>().StopAsync(user.User, run, null, CancellationToken.None);
        while (server.Services.GetRequiredService<RunQueue>().CountOf(user.User) > 0)
            await Task.Delay(50);
    }

    private static async Task<List<double>> AskAsync(BenchServer server, Principal user, int questions)
    {
        var took = new List<double>();
        for (var question = 0; question < questions; question++)
        {
            var began = Stopwatch.GetTimestamp();
            await server.EndOfAsync(user.User, await server.StartRunAsync(user, Question));
            took.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        return took;
    }

    private static double At(List<double> sorted, double share) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private static async Task<Principal> WithLogAsync(BenchServer server, string email)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        using var registered = await http.PostAsJsonAsync(
            "/auth/register", new RegisterRequest(email, "a password of the bench"), ApexJson.Default.RegisterRequest);
        var tokens = (await registered.Content.ReadFromJsonAsync(ApexJson.Default.TokenReply))!;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken);
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(await File.ReadAllBytesAsync(SharedData.AiderCalls)), "file", Path.GetFileName(SharedData.AiderCalls) },
        };
        using var job = await http.PostAsync("/api/usage/import", form);
        job.EnsureSuccessStatusCode();
        while ((await http.GetFromJsonAsync("/api/usage/extent", ApexJson.Default.ExtentView))?.Rows < 5_000)
            await Task.Delay(100);
        return await server.Services.GetRequiredService<AccessTokens>().VerifyAsync(tokens.AccessToken, CancellationToken.None) is TokenVerdict.Valid valid
            ? valid.Principal
            : throw new InvalidOperationException("The token is not valid.");
    }
}
