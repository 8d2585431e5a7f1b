using System.IO.Pipelines;
using System.Text;
using Apex.Server.Connections.Framing;
using static Apex.Server.Tests.Connections.Framing.MaskedFrame;

namespace Apex.Server.Tests.Connections.Framing;

public sealed class FrameReaderTests
{
    private const int Limit = 8 * 1024 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(200_000)]
    public async Task A_text_of_any_length_arrives_as_it_was_sent(int length)
    {
        var text = new string('x', Math.Max(0, length - 2)) + (length >= 2 ? "é" : length == 1 ? "y" : "");

        var frames = await ReadAllAsync(Text(text));

        Assert.Equal(["Text " + text, "End 1006"], frames);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public async Task A_length_written_wider_than_needed_is_read(int lengthBytes)
    {
        var frames = await ReadAllAsync(Make(TextOpcode, "hello"u8.ToArray(), lengthBytes: lengthBytes));

        Assert.Equal("Text hello", frames[0]);
    }

    [Fact]
    public async Task Fragments_become_one_message_with_control_frames_handed_out_between_them()
    {
        var frames = await ReadAllAsync(
            Text("one ", final: false), Ping("p1"), Continue("two ", final: false), Make(PongOpcode, []), Continue("", final: false),
            Continue("three", final: true), Text("next"), Close(1000, "bye"));

        Assert.Equal(["Ping p1", "Pong ", "Text one two three", "Text next", "Close 1000 bye", "End 1006"], frames);
    }

    [Fact]
    public async Task Every_split_of_the_bytes_gives_the_same_frames()
    {
        byte[] bytes = [.. Text("κόσμε ", final: false), .. Ping("p"), .. Continue("🦉 end", final: true), .. Close(1000)];
        string[] expected = ["Ping p", "Text κόσμε 🦉 end", "Close 1000 ", "End 1006"];

        for (var split = 1; split < bytes.Length; split++)
            Assert.Equal(expected, await ReadAllAsync(bytes[..split], bytes[split..]));
    }

    [Fact]
    public async Task A_frame_that_arrives_byte_by_byte_is_read()
    {
        var bytes = Text("slowly, slowly 🐌");

        var frames = await ReadAllAsync([.. bytes.Select(one => new[] { one })]);

        Assert.Equal("Text slowly, slowly 🐌", frames[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(7)]
    public async Task Reserved_bits_are_refused(int bits)
    {
        var frames = await ReadAllAsync(Make(TextOpcode, "x"u8.ToArray(), reserved: bits));

        Assert.StartsWith("Violation 1002", frames[0]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(11)]
    [InlineData(15)]
    public async Task Reserved_opcodes_are_refused(int opcode)
    {
        var frames = await ReadAllAsync(Make(opcode, "x"u8.ToArray()));

        Assert.Equal($"Violation 1002 Opcode {opcode} is reserved.", frames[0]);
    }

    [Fact]
    public async Task An_unmasked_frame_is_refused()
    {
        var frames = await ReadAllAsync(Make(TextOpcode, "x"u8.ToArray(), masked: false));

        Assert.Equal("Violation 1002 A client must mask its frames.", frames[0]);
    }

    [Fact]
    public async Task Long_or_fragmented_control_frames_are_refused()
    {
        Assert.StartsWith("Violation 1002", (await ReadAllAsync(Make(PingOpcode, new byte[126])))[0]);
        Assert.StartsWith("Violation 1002", (await ReadAllAsync(Make(PingOpcode, [], final: false)))[0]);
        Assert.StartsWith("Violation 1002", (await ReadAllAsync(Make(CloseOpcode, new byte[300])))[0]);
    }

    [Fact]
    public async Task A_fragment_out_of_place_is_refused()
    {
        Assert.StartsWith("Violation 1002", (await ReadAllAsync(Continue("x", final: true)))[0]);
        Assert.StartsWith("Violation 1002", (await ReadAllAsync(Text("a", final: false), Text("b")))[0]);
    }

    [Fact]
    public async Task A_binary_message_is_refused_as_data_of_the_wrong_kind()
    {
        Assert.StartsWith("Violation 1003", (await ReadAllAsync(Make(Binary, [1, 2, 3])))[0]);
    }

    public static TheoryData<string> BadTexts => new(
        "80", "BF", "C0AF", "C1BF", "E08080", "EDA080", "EDBFBF", "F0808080", "F4908080", "F888808080", "FE", "FF", "C3", "E282",
        "F09F92", "CEBAE1BDB9CF83CEBCCEB5EDA080656469746564", "CEBAE1BDB9CF83CEBCCEB5F4908080656469746564");

    [Theory]
    [MemberData(nameof(BadTexts))]
    public async Task Text_that_is_not_utf8_is_refused_at_every_fragmentation(string hex)
    {
        var bad = Convert.FromHexString(hex);
        Assert.StartsWith("Violation 1007", (await ReadAllAsync(Make(TextOpcode, bad)))[0]);

        for (var split = 0; split <= bad.Length; split++)
        {
            var frames = await ReadAllAsync(
                Make(TextOpcode, bad[..split], final: false), Ping(), Make(Continuation, bad[split..]), Text("never"));

            Assert.Contains(frames, frame => frame.StartsWith("Violation 1007", StringComparison.Ordinal));
            Assert.DoesNotContain(frames, frame => frame.StartsWith("Text", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Bad_utf8_is_refused_before_the_rest_of_the_frame_arrives()
    {
        var pipe = new Pipe();
        await using var reader = Reader(pipe);
        await pipe.Writer.WriteAsync(Make(TextOpcode, [0xF4, 0x90, 0x80, 0x80, 0x61]).AsMemory(0, 8));

        var frame = await reader.ReadAsync(CancellationToken.None);

        Assert.Equal(CloseCode.InvalidData, frame.Code);
    }

    [Fact]
    public async Task A_valid_text_passes_wherever_it_is_cut()
    {
        var text = "κόσμε 🦉 ​𐍈 end"u8.ToArray();

        for (var split = 0; split <= text.Length; split++)
        {
            var frames = await ReadAllAsync(Make(TextOpcode, text[..split], final: false), Make(Continuation, text[split..]));

            Assert.Equal("Text " + Encoding.UTF8.GetString(text), frames[0]);
        }
    }

    [Theory]
    [InlineData(8UL * 1024 * 1024 + 1)]
    [InlineData(uint.MaxValue)]
    [InlineData(long.MaxValue)]
    public async Task A_claimed_length_over_the_limit_is_refused_on_the_header_alone(ulong length)
    {
        var pipe = new Pipe();
        var budget = Budget();
        await using var reader = Reader(pipe, budget);
        await pipe.Writer.WriteAsync(Header(TextOpcode, length));

        var frame = await reader.ReadAsync(CancellationToken.None);

        Assert.Equal(CloseCode.TooLarge, frame.Code);
        Assert.Contains($"{length}", frame.Reason, StringComparison.Ordinal);
        Assert.Equal(0, budget.UsedBytes);
    }

    [Fact]
    public async Task A_length_with_its_highest_bit_set_breaks_the_protocol()
    {
        var frames = await ReadAllAsync(Header(TextOpcode, ulong.MaxValue));

        Assert.StartsWith("Violation 1002", frames[0]);
    }

    [Fact]
    public async Task Fragments_that_together_pass_the_limit_are_refused()
    {
        var half = new string('a', Limit / 2);

        var frames = await ReadAllAsync(Text(half, final: false), Continue(half, final: false), Continue("b", final: true));

        Assert.StartsWith("Violation 1009", frames[0]);
    }

    [Fact]
    public async Task After_a_refused_message_the_close_frame_of_the_peer_is_still_found()
    {
        var frames = await ReadAllAsync(Make(TextOpcode, new byte[Limit + 1]), Text("ignored"), Close(1009));

        Assert.StartsWith("Violation 1009", frames[0]);
        Assert.Equal("Close 1009 ", frames[1]);
    }

    [Theory]
    [InlineData(999)]
    [InlineData(1004)]
    [InlineData(1005)]
    [InlineData(1006)]
    [InlineData(1015)]
    [InlineData(1016)]
    [InlineData(2999)]
    [InlineData(5000)]
    public async Task A_close_code_that_may_not_be_sent_is_refused(int code)
    {
        Assert.StartsWith("Violation 1002", (await ReadAllAsync(Close(code)))[0]);
    }

    [Fact]
    public async Task Close_frames_are_read_with_their_code_and_reason()
    {
        Assert.Equal("Close 1005 ", (await ReadAllAsync(Make(CloseOpcode, [])))[0]);
        Assert.Equal("Close 3000 fertig", (await ReadAllAsync(Close(3000, "fertig")))[0]);
        Assert.StartsWith("Violation 1002", (await ReadAllAsync(Make(CloseOpcode, [3])))[0]);
        Assert.StartsWith("Violation 1007", (await ReadAllAsync(Make(CloseOpcode, [3, 232, 0xC3])))[0]);
    }

    [Fact]
    public async Task Large_messages_draw_on_the_budget_and_give_it_back()
    {
        var budget = Budget(300_000);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await using var reader = Reader(pipe, budget);
        await pipe.Writer.WriteAsync(Text(new string('a', 200_000)));
        await pipe.Writer.WriteAsync(Text("small"));

        var large = await reader.ReadAsync(CancellationToken.None);
        Assert.Equal((InboundKind.Text, 200_000L), (large.Kind, budget.UsedBytes));

        var small = await reader.ReadAsync(CancellationToken.None);
        Assert.Equal((InboundKind.Text, 0L), (small.Kind, budget.UsedBytes));
    }

    [Fact]
    public async Task A_large_message_waits_for_the_budget_another_one_holds()
    {
        var budget = Budget(300_000);
        Assert.True(await budget.TakeAsync(250_000, CancellationToken.None));
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await using var reader = Reader(pipe, budget);
        await pipe.Writer.WriteAsync(Text(new string('a', 200_000)));
        var reading = reader.ReadAsync(CancellationToken.None).AsTask();
        Assert.False(reading.IsCompleted);

        budget.Return(250_000);

        Assert.Equal(InboundKind.Text, (await reading).Kind);
    }

    [Fact]
    public async Task Random_bytes_never_throw_or_hang()
    {
        var random = new Random(20_260_101);
        for (var round = 0; round < 3_000; round++)
        {
            var bytes = new byte[random.Next(1, 200)];
            random.NextBytes(bytes);
            // Half of the rounds start with a plausible header, so that they get past the first check.
            if (round % 2 == 0)
                (bytes[0], bytes[^1]) = ((byte)(0x80 | random.Next(0, 11)), 0x80);

            var frames = await ReadAllAsync(bytes);

            Assert.StartsWith("End", frames[^1]);
        }
    }

    private static InboundBudget Budget(long bytes = 64 * 1024 * 1024) => new(bytes, TimeSpan.FromSeconds(10), TimeProvider.System);

    private static FrameReader Reader(Pipe pipe, InboundBudget? budget = null) => new(pipe.Reader, budget ?? Budget(), Limit);

    /// <summary>Sends the pieces one by one, each after the last one was taken in, then ends the stream.</summary>
    private static async Task<List<string>> ReadAllAsync(params byte[][] pieces)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        await using var reader = Reader(pipe);
        var writing = WriteAsync();
        var frames = new List<string>();
        do
        {
            var frame = await reader.ReadAsync(CancellationToken.None);
            frames.Add(frame.Kind switch
            {
                InboundKind.Text or InboundKind.Ping or InboundKind.Pong =>
                    $"{frame.Kind} {Encoding.UTF8.GetString(frame.Payload.Span)}",
                InboundKind.End => $"End {(int)frame.Code}",
                _ => $"{frame.Kind} {(int)frame.Code} {frame.Reason}",
            });
        }
        while (!frames[^1].StartsWith("End", StringComparison.Ordinal));

        await pipe.Reader.CompleteAsync();
        await writing;
        return frames;

        async Task WriteAsync()
        {
            foreach (var piece in pieces)
                await pipe.Writer.WriteAsync(piece);
            await pipe.Writer.CompleteAsync();
        }
    }
}
