using Apex.Server.Connections;
using Apex.Server.Tests.Connections.Framing;
using Apex.Testing;

namespace Apex.Server.Tests.Connections.Autobahn;

/// <summary>The Autobahn test suite's cases 1 to 7, 9 and 10 against the whole server over real sockets.</summary>
public sealed class AutobahnTests(AutobahnTests.Fixture fixture) : IClassFixture<AutobahnTests.Fixture>
{
    private static readonly byte[] StillThere = MaskedFrame.Text("""{"type":"ping"}""");

    private static readonly Dictionary<string, AutobahnCase> Cases = new[]
        {
            AutobahnFraming.All, AutobahnTexts.All, AutobahnClosing.All, AutobahnLimits.All,
        }
        .SelectMany(static cases => cases)
        .ToDictionary(static one => one.Number);

    public static TheoryData<string> Numbers => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task A_case_of_the_suite_has_its_outcome(string number)
    {
        var (_, writes, expected) = Cases[number];
        await using var client = await WireClient.OpenAsync(fixture.Server.Address, fixture.Token);

        var reading = OutcomeAsync(client, expected.Count);
        await WriteAsync(client, writes, Cases[number].Ends);

        Assert.Equal(expected, await reading);
        await client.ReceiveEndAsync();
    }

    [Fact]
    public void The_cases_are_as_many_as_the_suite_has()
    {
        var count = Cases.Keys.CountBy(static number => number.Split('.')[0]).ToDictionary();

        // Of 9 the binary series 9.4, 9.6 and 9.8 are left out: 54 of the suite's cases less 21.
        Assert.Equal(new Dictionary<string, int> { ["1"] = 16, ["2"] = 11, ["3"] = 7, ["4"] = 10, ["5"] = 20, ["6"] = 145, ["7"] = 37, ["9"] = 33, ["10"] = 1 }, count);
    }

    private static async Task WriteAsync(WireClient client, IReadOnlyList<byte[]> writes, bool ends)
    {
        try
        {
            foreach (var bytes in writes)
                await client.SendRawAsync(bytes);
            if (!ends)
                await client.SendRawAsync(StillThere);
        }
        catch (IOException) when (ends)
        {
            // The server has ended the connection and need not take the rest.
            return;
        }
    }

    /// <summary>Reads to the close frame, or to the answer that shows the connection alive, which is then closed properly.</summary>
    private static async Task<List<string>> OutcomeAsync(WireClient client, int most)
    {
        var seen = new List<string>();
        while (seen.Count <= most)
        {
            var (opcode, payload) = await client.ReceiveFrameAsync();
            switch (opcode)
            {
                case MaskedFrame.TextOpcode when payload.AsSpan().IndexOf("\"type\":\"pong\""u8) >= 0:
                    await client.SendRawAsync(MaskedFrame.Close(1000));
                    Assert.Equal(1000, (await client.ReceiveCloseAsync(answers: false)).Code);
                    return seen;
                case MaskedFrame.TextOpcode:
                    seen.Add("text");
                    break;
                case MaskedFrame.PongOpcode:
                    seen.Add(AutobahnCase.Pong(payload));
                    break;
                case MaskedFrame.CloseOpcode:
                    seen.Add($"closed {WireClient.CodeOf(payload)}");
                    await AnswerAsync(client, payload);
                    return seen;
            }
        }

        return seen;
    }

    private static async Task AnswerAsync(WireClient client, byte[] payload)
    {
        try
        {
            await client.SendRawAsync(MaskedFrame.Make(MaskedFrame.CloseOpcode, payload));
        }
        catch (IOException)
        {
            // Where we closed first there is nothing left to answer to.
            return;
        }
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public ApexTestServer Server { get; private set; } = null!;

        public string Token { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            Server = await ApexTestServer.StartAsync(configure: TestOptions.Sockets(new ConnectionsOptions { FramesPerSecond = 100_000 }));
            Token = (await Server.RegisterAsync()).AccessToken;
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
