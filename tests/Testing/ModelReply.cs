using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Apex.Testing;

/// <summary>One reply of a <see cref="ModelServer"/>, well behaved or not.</summary>
public sealed class ModelReply
{
    private readonly Func<HttpContext, bool, Task> _write;

    private ModelReply(Func<HttpContext, bool, Task> write) => _write = write;

    /// <summary>Words, in pieces as servers send them, then the usage.</summary>
    public static ModelReply Saying(string text, long input = 1_200, long output = 80, long cached = 200) =>
        new(async (http, isAnthropic) =>
        {
            var stream = new Stream(http, isAnthropic);
            await stream.BeginAsync(input, cached);
            foreach (var piece in Pieces(text))
                await stream.TextAsync(piece);
            await stream.EndAsync(isAnthropic ? "end_turn" : "stop", input, output, cached);
        });

    /// <summary>Tool calls whose arguments come in pieces.</summary>
    public static ModelReply Calling(params (string Name, string Arguments)[] calls) => Calling(input: 900, calls);

    /// <summary>The same after having read so many tokens.</summary>
    public static ModelReply Calling(long input, params (string Name, string Arguments)[] calls) => new(async (http, isAnthropic) =>
    {
        var stream = new Stream(http, isAnthropic);
        await stream.BeginAsync(input, 0);
        for (var i = 0; i < calls.Length; i++)
            await stream.ToolAsync(i, calls[i].Name, calls[i].Arguments);
        await stream.EndAsync(isAnthropic ? "tool_use" : "tool_calls", input, 30, 0);
    });

    public static ModelReply Status(int status, string body = "{\"error\":{\"message\":\"no\"}}", string? retryAfter = null) => new(async (http, _) =>
    {
        http.Response.StatusCode = status;
        if (retryAfter is not null)
            http.Response.Headers.RetryAfter = retryAfter;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(body);
    });

    /// <summary>Begins to speak, then the connection is reset: the client may have heard the beginning or not.</summary>
    public static ModelReply CutAfter(string text) => new(async (http, isAnthropic) =>
    {
        var stream = new Stream(http, isAnthropic);
        await stream.BeginAsync(100, 0);
        await stream.TextAsync(text);
        http.Abort();
    });

    /// <summary>Ends in good order in the middle of the reply, as proxies do.</summary>
    public static ModelReply EndingAfter(string text) => new(async (http, isAnthropic) =>
    {
        var stream = new Stream(http, isAnthropic);
        await stream.BeginAsync(100, 0);
        await stream.TextAsync(text);
    });

    /// <summary>Says something, then nothing until the client goes away.</summary>
    public static ModelReply SilentAfter(string text) => new(async (http, isAnthropic) =>
    {
        var stream = new Stream(http, isAnthropic);
        if (text.Length > 0)
        {
            await stream.BeginAsync(100, 0);
            await stream.TextAsync(text);
        }

        await GoneAsync(http);
    });

    /// <summary>Speaks until <paramref name="go"/> is set, which the test does when it has seen what it waits for.</summary>
    public static ModelReply SayingThen(string text, Task go, string rest) => new(async (http, isAnthropic) =>
    {
        var stream = new Stream(http, isAnthropic);
        await stream.BeginAsync(100, 0);
        await stream.TextAsync(text);
        await go.WaitAsync(http.RequestAborted);
        await stream.TextAsync(rest);
        await stream.EndAsync(isAnthropic ? "end_turn" : "stop", 100, 10, 0);
    });

    /// <summary>Bytes as they stand, with this content type.</summary>
    public static ModelReply Raw(string body, string contentType = "text/event-stream") => new(async (http, _) =>
    {
        http.Response.ContentType = contentType;
        await http.Response.WriteAsync(body);
    });

    /// <summary>One line that never ends.</summary>
    public static ModelReply Endless() => new(async (http, _) =>
    {
        http.Response.ContentType = "text/event-stream";
        var junk = new string('x', 64 * 1024);
        await http.Response.WriteAsync("data: ");
        while (!http.RequestAborted.IsCancellationRequested)
            await http.Response.WriteAsync(junk, http.RequestAborted);
    });

    internal async Task WriteAsync(HttpContext http, bool isAnthropic)
    {
        try
        {
            await _write(http, isAnthropic);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client had enough.
            http.Abort();
        }
    }

    private static async Task GoneAsync(HttpContext http)
    {
        var gone = new TaskCompletionSource();
        await using var registered = http.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    private static IEnumerable<string> Pieces(string text) => text.Chunk(7).Select(piece => new string(piece));

    /// <summary>A reply's frames, in either format.</summary>
    private sealed class Stream(HttpContext http, bool isAnthropic)
    {
        private string Model => (string)http.Items[ModelServer.ModelAsked]!;

        private int _blocks;

        public async Task BeginAsync(long input, long cached)
        {
            http.Response.ContentType = "text/event-stream";
            if (isAnthropic)
            {
                await SendAsync("message_start", $$$$"""{"type":"message_start","message":{"id":"m1","role":"assistant","model":"{{{{Model}}}}","content":[],"usage":{"input_tokens":{{{{input - cached}}}},"cache_read_input_tokens":{{{{cached}}}},"cache_creation_input_tokens":0,"output_tokens":1}}}""");
                await SendAsync("ping", """{"type":"ping"}""");
                await SendAsync("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""");
            }
            else
            {
                await ChunkAsync(new JsonObject { ["role"] = "assistant", ["content"] = "" });
            }
        }

        public Task TextAsync(string text) => isAnthropic
            ? SendAsync("content_block_delta", new JsonObject
            {
                ["type"] = "content_block_delta", ["index"] = 0, ["delta"] = new JsonObject { ["type"] = "text_delta", ["text"] = text },
            }.ToJsonString())
            : ChunkAsync(new JsonObject { ["content"] = text });

        public async Task ToolAsync(int index, string name, string arguments)
        {
            if (isAnthropic)
            {
                var block = ++_blocks;
                await SendAsync("content_block_start", $$$$"""{"type":"content_block_start","index":{{{{block}}}},"content_block":{"type":"tool_use","id":"toolu_{{{{index}}}}","name":"{{{{name}}}}","input":{}}}""");
                foreach (var piece in Pieces(arguments))
                    await SendAsync("content_block_delta", new JsonObject
                    {
                        ["type"] = "content_block_delta", ["index"] = block,
                        ["delta"] = new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = piece },
                    }.ToJsonString());
                await SendAsync("content_block_stop", $$$$"""{"type":"content_block_stop","index":{{{{block}}}}}""");
                return;
            }

            await ChunkAsync(Calls(new JsonObject
            {
                ["index"] = index, ["id"] = $"call_{index}", ["type"] = "function", ["function"] = new JsonObject { ["name"] = name, ["arguments"] = "" },
            }));
            foreach (var piece in Pieces(arguments))
                await ChunkAsync(Calls(new JsonObject { ["index"] = index, ["function"] = new JsonObject { ["arguments"] = piece } }));
        }

        public async Task EndAsync(string reason, long input, long output, long cached)
        {
            if (isAnthropic)
            {
                await SendAsync("content_block_stop", """{"type":"content_block_stop","index":0}""");
                await SendAsync("message_delta", $$$$"""{"type":"message_delta","delta":{"stop_reason":"{{{{reason}}}}"},"usage":{"output_tokens":{{{{output}}}}}}""");
                await SendAsync("message_stop", """{"type":"message_stop"}""");
                return;
            }

            await ChunkAsync([], reason);
            await SendAsync(null, $$$$"""{"id":"c1","object":"chat.completion.chunk","model":"{{{{Model}}}}","choices":[],"usage":{"prompt_tokens":{{{{input}}}},"completion_tokens":{{{{output}}}},"total_tokens":{{{{input + output}}}},"prompt_tokens_details":{"cached_tokens":{{{{cached}}}}}}}""");
            await SendAsync(null, "[DONE]");
        }

        private static JsonObject Calls(JsonObject call) => new() { ["tool_calls"] = new JsonArray(call) };

        private Task ChunkAsync(JsonObject delta, string? reason = null) => SendAsync(null, new JsonObject
        {
            ["id"] = "c1", ["object"] = "chat.completion.chunk", ["created"] = 1, ["model"] = Model,
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = reason }),
        }.ToJsonString());

        private async Task SendAsync(string? type, string data)
        {
            await http.Response.WriteAsync((type is null ? "" : $"event: {type}\n") + $"data: {data}\n\n", Encoding.UTF8, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
    }
}
