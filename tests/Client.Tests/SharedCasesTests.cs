using System.Text.Json;
using Apex.Testing;

namespace Apex.Client.Tests;

/// <summary>The cases of tests/client-cases.json, which every client library keeps, with this one.</summary>
public sealed class SharedCasesTests
{
    private static readonly Dictionary<string, JsonElement> Cases = ReadCases();

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_case_of_every_client(string name)
    {
        var script = Cases[name];
        await using var server = await ScriptedServer.StartAsync();
        var (seen, gaps, accepted, refused) = (new List<long>(), new List<long>(), new List<string>(), new List<string>());
        using var http = new HttpClient { BaseAddress = server.Address };
        using var credentials = new Credentials(server.Tokens("first"));
        var cursor = script.GetProperty("cursor");
        var replaced = 0;
        ApexConnection? own = null;
        await using var connection = own = new ApexConnection(new ApexApi(http, credentials), new ApexConnectionOptions
        {
            After = cursor.ValueKind == JsonValueKind.Null ? null : cursor.GetProperty("seq").GetInt64(),
            Epoch = cursor.ValueKind == JsonValueKind.Null ? null : cursor.GetProperty("epoch").GetString(),
            FirstWait = TimeSpan.FromMilliseconds(10),
            LongestWait = TimeSpan.FromMilliseconds(20),
            GapFound = gap => gaps.Add(gap.Earliest),
            StateChanged = state =>
            {
                if (state != ConnectionState.Replaced)
                    return;
                Interlocked.Increment(ref replaced);
                own?.TakeBack();
            },
        });

        var playing = server.PlayAsync(
            script.GetProperty("connections"), count => Eventually.HoldsAsync(() => Count(seen) >= count, $"the application has seen {count}"));
        using var stop = new CancellationTokenSource();
        var reading = ReadAsync(connection, seen, stop.Token);
        var sending = Texts(script, "send").Select(content => SendAsync(connection, content, accepted, refused)).ToList();
        await playing.Within();
        await Task.WhenAll(sending).Within();
        var expected = script.GetProperty("sees").EnumerateArray().Select(seq => seq.GetInt64()).ToList();
        await Eventually.HoldsAsync(() => Count(seen) >= expected.Count, "the application has seen what was sent");
        await stop.CancelAsync();
        await reading;

        Assert.Equal(expected, seen);
        Assert.Equal(script.TryGetProperty("gaps", out var lost) ? lost.EnumerateArray().Select(gap => gap.GetInt64()) : [], gaps);
        Assert.Equal(Texts(script, "accepted"), accepted);
        Assert.Equal(Texts(script, "refused"), refused);
        Assert.Equal(script.TryGetProperty("replaced", out var times) ? times.GetInt32() : 0, replaced);
    }

    private static async Task ReadAsync(ApexConnection connection, List<long> seen, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var one in connection.ReadAllAsync(cancellationToken))
            {
                lock (seen)
                    seen.Add(one.Seq);
            }
        }
        catch (OperationCanceledException)
        {
            // The case is over.
            return;
        }
    }

    private static int Count(List<long> seen)
    {
        lock (seen)
            return seen.Count;
    }

    private static async Task SendAsync(ApexConnection connection, string content, List<string> accepted, List<string> refused)
    {
        try
        {
            accepted.Add((await connection.SendAsync(content, null, CancellationToken.None)).RunId.Value);
        }
        catch (ApexRequestException refusal)
        {
            refused.Add(JsonNamingPolicy.SnakeCaseLower.ConvertName(refusal.Code.ToString()!));
        }
    }

    private static List<string> Texts(JsonElement script, string name) =>
        script.TryGetProperty(name, out var texts) ? [.. texts.EnumerateArray().Select(text => text.GetString()!)] : [];

    private static Dictionary<string, JsonElement> ReadCases()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "client-cases.json")));
        return file.RootElement.GetProperty("cases").EnumerateArray().ToDictionary(one => one.GetProperty("name").GetString()!, one => one.Clone());
    }
}
