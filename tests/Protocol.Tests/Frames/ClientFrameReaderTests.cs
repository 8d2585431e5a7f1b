using System.Text;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Ids;

namespace Apex.Protocol.Tests.Frames;

public sealed class ClientFrameReaderTests
{
    [Theory]
    [InlineData("user_message")]
    [InlineData("chat")]
    [InlineData("start_agent")]
    public void A_message_is_read_under_each_of_its_names(string type)
    {
        var message = Assert.IsType<UserMessage>(Read(
            $$"""{"payload":{"content":"hi","thread_id":"t1","run_id":null},"message_id":"m1","idempotency_key":"k","when_busy":"reject","type":"{{type}}","surplus":[1,{"a":2}]}"""));

        Assert.Equal(("hi", new ThreadId("t1"), null), (message.Payload!.Words, message.Payload.ThreadId, message.Payload.RunId));
        Assert.Equal(("m1", "k", WhenBusy.Reject), (message.MessageId, message.IdempotencyKey, message.WhenBusy));
    }

    [Theory]
    [InlineData("content")]
    [InlineData("message")]
    [InlineData("text")]
    [InlineData("user_request")]
    public void The_text_of_a_message_is_found_under_each_of_its_names(string field)
    {
        var message = Assert.IsType<UserMessage>(Read($$"""{"type":"user_message","payload":{"{{field}}":"where to?"} }"""));

        Assert.Equal("where to?", message.Payload!.Words);
    }

    [Fact]
    public void Both_names_of_the_handshake_answer_mean_the_same()
    {
        Assert.Equal(new HandshakeAcknowledged(new ThreadId("t")), Read("""{"type":"handshake_acknowledged","thread_id":"t"}"""));
        Assert.Equal(new HandshakeAcknowledged(new ThreadId("t")), Read("""{"type":"session_acknowledged","thread_id":"t"}"""));
    }

    [Fact]
    public void Every_other_frame_is_read()
    {
        Assert.Equal(new Ack(7), Read("""{"type":"ack","seq":7}"""));
        Assert.Equal(new Resume(0, "e"), Read("""{"type":"resume","after":0,"epoch":"e"}"""));
        Assert.Equal(new Resume(), Read("""{"type":"resume"}"""));
        Assert.Equal(new StopAgent(new RunId("r"), Reason: "enough"), Read("""{"type":"stop_agent","run_id":"r","reason":"enough"}"""));
        Assert.Equal(new AuthRefresh("t"), Read("""{"type":"auth_refresh","token":"t"}"""));
        Assert.Equal(new Ping(), Read("""{"type":"ping"}"""));
        Assert.Equal(new Typing(), Read("""{"type":"typing"}"""));
        Assert.Equal(new ListThreads(Limit: 5), Read("""{"type":"list_threads","limit":5}"""));
        Assert.Equal(new GetThreadHistory(new ThreadId("t")), Read("""{"type":"get_thread_history","thread_id":"t"}"""));
        Assert.Equal(new CreateThread("x"), Read("""{"type":"create_thread","title":"x"}"""));
        Assert.Equal(new RenameThread(new ThreadId("t"), "x"), Read("""{"type":"rename_thread","thread_id":"t","title":"x"}"""));
        Assert.Equal(new DeleteThread(new ThreadId("t")), Read("""{"type":"delete_thread","thread_id":"t"}"""));
        Assert.Equal(new SwitchThread(new ThreadId("t")), Read("""{"type":"switch_thread","thread_id":"t"}"""));
        Assert.Equal(new HandshakeRequest(), Read("""{"type":"handshake_request","client_type":"cli"}"""));
    }

    [Theory]
    [InlineData("", "The frame is empty.")]
    [InlineData("{", "breaks off or goes wrong at line 1, byte 2")]
    [InlineData("hello", "goes wrong at line 1, byte 1")]
    [InlineData("""{"type":"ack","seq":1} trailing""", "line 1, byte 24")]
    [InlineData("""{"type":"user_message","payload":{"x":NaN}}""", "NaN at line 1, byte 39 is not a JSON number")]
    [InlineData("""{"type":"user_message","payload":{"x":Infinity}}""", "Infinity at line 1, byte 39 is not a JSON number")]
    [InlineData("""{"type":"user_message","payload":{"x":-Infinity}}""", "Infinity at line 1, byte")]
    public void What_is_not_json_is_refused_with_the_place(string text, string sentence)
    {
        var refusal = Refuse(text);

        Assert.Equal(ErrorCode.InvalidJson, refusal.Code);
        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "not an array")]
    [InlineData("[{\"type\":\"ping\"}]", "not an array")]
    [InlineData("17", "not a number")]
    [InlineData("\"ping\"", "not a text")]
    [InlineData("true", "not a truth value")]
    [InlineData("null", "not null")]
    [InlineData("{}", "has no field type")]
    [InlineData("{\"type\":\"\"}", "has no field type")]
    [InlineData("{\"type\":5}", "type must be a text, not a number")]
    [InlineData("{\"a\":{\"type\":\"ping\"}}", "has no field type")]
    public void A_frame_that_is_no_object_with_a_type_is_refused(string text, string sentence)
    {
        var refusal = Refuse(text);

        Assert.Equal(ErrorCode.InvalidMessage, refusal.Code);
        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public void Ten_thousand_levels_are_refused_with_the_limit(string open, string close)
    {
        var deep = string.Concat(Enumerable.Repeat(open, 10_000)) + "1" + string.Concat(Enumerable.Repeat(close, 10_000));

        var refusal = Refuse($$"""{"type":"user_message","payload":{"references":{{deep}} } }""");

        Assert.Equal(ErrorCode.InvalidJson, refusal.Code);
        Assert.Contains("deeper than 64 levels", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sixty_four_levels_are_read_and_one_more_is_not()
    {
        static string Nested(int levels) =>
            $$"""{"type":"ping","a":{{new string('[', levels - 1)}}{{new string(']', levels - 1)}}}""";

        Assert.Equal(new Ping(), Read(Nested(64)));
        Assert.Equal(ErrorCode.InvalidJson, Refuse(Nested(65)).Code);
    }

    [Fact]
    public void A_decision_is_read_with_its_arguments()
    {
        var approve = Assert.IsType<Approve>(Read(
            """{"type":"approve","approval_id":"a","arguments_hash":"h","decision":"edit","arguments":{"n":1},"reason":"less"}"""));

        Assert.Equal(("a", "h", Decision.Edit, "less"), (approve.ApprovalId.Value, approve.ArgumentsHash, approve.Decision, approve.Reason));
        Assert.Equal(1, approve.Arguments!.Value.GetProperty("n").GetInt32());
    }

    [Fact]
    public void An_unknown_type_is_named_and_cut()
    {
        var refusal = Refuse($$"""{"type":"{{new string('z', 500)}}","message_id":"m9"}""");

        Assert.Equal((ErrorCode.UnknownType, "m9"), (refusal.Code, refusal.Ref));
        Assert.InRange(refusal.Message.Length, 80, 200);
    }

    [Theory]
    [InlineData("""{"type":"approve","message_id":"m","arguments_hash":"h","decision":"approve"}""", "approval_id is missing")]
    [InlineData("""{"type":"approve","message_id":"m","approval_id":"a","decision":"approve"}""", "arguments_hash is missing")]
    [InlineData("""{"type":"approve","message_id":"m","approval_id":"a","arguments_hash":"h"}""", "decision is missing")]
    [InlineData("""{"type":"approve","message_id":"m","approval_id":"a","arguments_hash":"h","decision":"maybe"}""", "decision has a value of the wrong kind")]
    [InlineData("""{"type":"user_message","message_id":"m"}""", "payload is missing")]
    [InlineData("""{"type":"user_message","message_id":"m","payload":"hi"}""", "payload has a value of the wrong kind")]
    [InlineData("""{"type":"user_message","message_id":"m","payload":{"content":5}}""", "payload.content has a value")]
    [InlineData("""{"type":"user_message","message_id":"m","payload":{"content":"\ud800"}}""", "payload.content has a value")]
    [InlineData("""{"type":"user_message","message_id":"m","payload":{"thread_id":""}}""", "1 to 128 characters")]
    [InlineData("""{"type":"user_message","message_id":"m","when_busy":"now","payload":{}}""", "when_busy has a value")]
    [InlineData("""{"type":"ack","message_id":"m"}""", "seq must be 1 or more, not 0")]
    [InlineData("""{"type":"ack","message_id":"m","seq":99999999999999999999}""", "seq has a value")]
    [InlineData("""{"type":"resume","message_id":"m","after":-1}""", "after must be 0 or more")]
    [InlineData("""{"type":"stop_agent","message_id":"m"}""", "one of run_id")]
    [InlineData("""{"type":"auth_refresh","message_id":"m"}""", "token is missing")]
    [InlineData("""{"type":"delete_thread","message_id":"m"}""", "thread_id is missing")]
    [InlineData("""{"type":"rename_thread","message_id":"m","thread_id":"t"}""", "title is missing")]
    public void A_bad_or_missing_field_is_named_and_the_message_id_given_back(string text, string sentence)
    {
        var refusal = Refuse(text);

        Assert.Equal((ErrorCode.InvalidMessage, "m"), (refusal.Code, refusal.Ref));
        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_pair_in_a_log_line_passes_through()
    {
        var message = Assert.IsType<UserMessage>(Read(
            """{"type":"user_message","payload":{"content":"x","jsonl_logs":[{"text":"\ud800"}]}}"""));

        Assert.Single(message.Payload!.JsonlLogs!);
    }

    [Fact]
    public void Random_bytes_are_refused_and_never_throw()
    {
        var random = new Random(7);
        var template = """{"type":"user_message","payload":{"content":"hi","run_id":"r","jsonl_logs":[{"a":1}]},"message_id":"m"}"""u8.ToArray();
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = template.ToArray();
            for (var change = 0; change <= random.Next(4); change++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);

            var understood = ClientFrameReader.TryRead(bytes, out var frame, out var refusal);

            Assert.Equal(understood, refusal is null);
            Assert.True(frame is not null || refusal is not null);
        }
    }

    private static ClientFrame Read(string text) =>
        ClientFrameReader.TryRead(Encoding.UTF8.GetBytes(text), out var frame, out var refusal)
            ? frame
            : throw new Xunit.Sdk.XunitException(refusal.Message);

    private static Refusal Refuse(string text) =>
        ClientFrameReader.TryRead(Encoding.UTF8.GetBytes(text), out var frame, out var refusal)
            ? throw new Xunit.Sdk.XunitException($"{frame} was understood.")
            : refusal;
}
