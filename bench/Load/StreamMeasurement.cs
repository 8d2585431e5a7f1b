using System.Text.Json;
using Apex.Protocol.Frames;
using Apex.Storage;

namespace Apex.Bench.Load;

/// <summary>
/// Words of a chat model on their way to the user who waits for them: through the server, where each is checked before it is shown, and
/// beside it straight from the model's server to an HTTP client.
/// </summary>
internal static class StreamMeasurement
{
    public static async Task RunAsync()
    {
        await using var model = await ServerProcess.StartModelAsync();
        foreach (var users in new[] { 1, 100 })
        {
            var direct = new Latencies();
            await Task.WhenAll(Enumerable.Range(0, users).Select(_ => Task.Run(() => ReadDirectAsync(model, direct))));
            Console.WriteLine($"{users,3} × {ModelHost.WordsPerSecond} words/s  straight from the model  {direct}");

            await using var server = await ServerProcess.StartApexAsync(Durability.PowerLoss, new Uri(model.Address, "/v1"));
            var crowd = await Task.WhenAll(Enumerable.Range(0, users).Select(_ => User.ConnectAsync(server)));
            var shown = new Latencies();
            var cpu = server.ProcessorTime();
            await Task.WhenAll(crowd.Select(user => Task.Run(() => AskAsync(user, shown))));
            var each = (server.ProcessorTime() - cpu).TotalMilliseconds / users;
            Console.WriteLine($"{users,3} × {ModelHost.WordsPerSecond} words/s  shown by the server      {shown}");
            Console.WriteLine(FormattableString.Invariant($"{users,3} × {ModelHost.WordsPerSecond} words/s  {each:0} ms of processor time for a whole run of three seconds of words"));
            foreach (var user in crowd)
                await user.DisposeAsync();
        }
    }

    private static async Task ReadDirectAsync(ServerProcess model, Latencies direct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent("{}") };
        using var reply = await model.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await reply.Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
            if (line.StartsWith("data: {", StringComparison.Ordinal)
                && JsonDocument.Parse(line[6..]).RootElement.GetProperty("choices")[0].GetProperty("delta").TryGetProperty("content", out var words))
                foreach (var age in ModelHost.Ages(words.GetString()!))
                    direct.Add(age);
    }

    private static async Task AskAsync(User user, Latencies shown)
    {
        await user.SendAsync(new UserMessage(new UserMessagePayload { Content = "What are we spending?" }, $"m-{Guid.NewGuid():N}"));
        while (true)
        {
            var frame = await user.ReceiveAsync();
            if (User.Is(frame, "text_delta"))
            {
                using var delta = JsonDocument.Parse(frame);
                foreach (var age in ModelHost.Ages(delta.RootElement.GetProperty("delta").GetString()!))
                    shown.Add(age);
            }
            else if (User.Is(frame, "agent_completed"))
            {
                return;
            }
            else if (User.Is(frame, "run_failed") || User.Is(frame, "error") || frame.IsEmpty)
            {
                throw new InvalidOperationException(System.Text.Encoding.UTF8.GetString(frame.Span));
            }
        }
    }
}
