using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Tests.Runs;
using Apex.Server.UsageLog;
using Apex.Testing;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.UsageLog;

/// <summary>The receiver of OpenTelemetry traces, as exporters meet it.</summary>
public sealed class TraceTests
{
    private const string Json = "application/json";
    private const string Protobuf = "application/x-protobuf";

    [Theory]
    [InlineData(Json, false)]
    [InlineData(Json, true)]
    [InlineData(Protobuf, false)]
    [InlineData(Protobuf, true)]
    public async Task A_program_sends_its_calls_with_a_key_in_either_encoding_packed_or_not(string type, bool pack)
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var key = await CreateKeyAsync(user);
        var body = type == Json ? Encoding.UTF8.GetBytes(Request(Span("01", 120), Span("02", 7))) : Binary("01", "02");

        using var first = await SendAsync(server.Http, key, body, type, pack);
        using var again = await SendAsync(server.Http, key, body, type, pack);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, again.StatusCode));
        Assert.Equal(type, first.Content.Headers.ContentType!.MediaType);
        Assert.Equal(type == Json ? "{}" : "", await first.Content.ReadAsStringAsync());
        Assert.Equal(2, (await user.GetAsync("/api/usage/extent", ApexJson.Default.ExtentView)).Rows);
    }

    [Fact]
    public async Task An_access_token_will_do_too_and_rows_go_to_its_organisation_alone()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        using var stranger = server.As(await server.RegisterAsync());

        using var sent = await SendAsync(server.Http, tokens.AccessToken, Encoding.UTF8.GetBytes(Request(Span("01", 1))), Json);

        Assert.Equal(HttpStatusCode.OK, sent.StatusCode);
        Assert.Equal(1, (await user.GetAsync("/api/usage/extent", ApexJson.Default.ExtentView)).Rows);
        Assert.Equal(0, (await stranger.GetAsync("/api/usage/extent", ApexJson.Default.ExtentView)).Rows);
    }

    [Fact]
    public async Task A_refused_span_is_told_as_a_partial_success_and_the_others_are_stored()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var key = await CreateKeyAsync(user);

        using var reply = await SendAsync(server.Http, key, Encoding.UTF8.GetBytes(Request(Span("01", -5), Span("02", 7))), Json);
        var partial = (await reply.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("partialSuccess");

        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Equal("1", partial.GetProperty("rejectedSpans").GetString());
        Assert.Equal("A span was rejected, the first because of gen_ai.usage.input_tokens (-5): negative.", partial.GetProperty("errorMessage").GetString());
        Assert.Equal(1, (await user.GetAsync("/api/usage/extent", ApexJson.Default.ExtentView)).Rows);
    }

    [Theory]
    [InlineData("", HttpStatusCode.Unauthorized)]
    [InlineData("apxi.b3Jn.0123.c2VjcmV0", HttpStatusCode.Unauthorized)]
    [InlineData("apxi....", HttpStatusCode.Unauthorized)]
    [InlineData("rubbish", HttpStatusCode.Unauthorized)]
    public async Task Without_a_key_of_this_server_nothing_is_taken(string key, HttpStatusCode expected)
    {
        await using var server = await ApexTestServer.StartAsync();

        using var reply = await SendAsync(server.Http, key, Encoding.UTF8.GetBytes(Request(Span("01", 1))), Json);

        Assert.Equal(expected, reply.StatusCode);
        Assert.Contains("ingest key", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_key_and_a_key_of_another_organisation_open_nothing()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        var key = await CreateKeyAsync(user);
        var held = Assert.Single((await user.GetAsync("/api/usage/ingest-keys", ApexJson.Default.IngestKeyList)).Keys);

        await stranger.DeleteAsync($"/api/usage/ingest-keys/{held.Id}").RefusedAsync(HttpStatusCode.NotFound);
        using var revoked = await user.DeleteAsync($"/api/usage/ingest-keys/{held.Id}");
        using var reply = await SendAsync(server.Http, key, Encoding.UTF8.GetBytes(Request(Span("01", 1))), Json);

        Assert.Equal("collector", held.Name);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.Unauthorized), (revoked.StatusCode, reply.StatusCode));
        Assert.Empty((await user.GetAsync("/api/usage/ingest-keys", ApexJson.Default.IngestKeyList)).Keys);
    }

    [Fact]
    public async Task A_key_outlives_a_restart_and_only_its_hash_is_kept()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var key = await CreateKeyAsync(user);

        await server.RestartAsync();
        using var reply = await SendAsync(server.Http, key, Encoding.UTF8.GetBytes(Request(Span("01", 1))), Json);

        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        var secret = Encoding.ASCII.GetBytes(key.Split('.')[^1]);
        foreach (var file in Directory.GetFiles(server.DataFolder, "*.db*"))
        {
            await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var content = new MemoryStream();
            await open.CopyToAsync(content);
            Assert.Equal(-1, content.ToArray().AsSpan().IndexOf(secret));
        }
    }

    [Theory]
    [InlineData("text/plain", null, "x", HttpStatusCode.UnsupportedMediaType)]
    [InlineData(Json, "br", "{}", HttpStatusCode.UnsupportedMediaType)]
    [InlineData(Json, null, "{", HttpStatusCode.BadRequest)]
    [InlineData(Json, null, "[]", HttpStatusCode.BadRequest)]
    [InlineData(Json, "gzip", "no gzip", HttpStatusCode.BadRequest)]
    [InlineData(Protobuf, null, "\u000a\u007fx", HttpStatusCode.BadRequest)]
    public async Task A_body_that_cannot_be_read_is_refused_for_good(string type, string? encoding, string body, HttpStatusCode expected)
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        if (encoding is not null)
            content.Headers.ContentEncoding.Add(encoding);

        using var reply = await user.PostAsync("/v1/traces", content);

        Assert.Equal(expected, reply.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_over_the_limit_is_refused_packed_or_not(bool pack)
    {
        await using var server = await ApexTestServer.StartAsync(
            configure: builder => builder.Services.Configure<UsageLogOptions>(options => options.MaxTraceBytes = 20_000));
        var tokens = await server.RegisterAsync();

        using var reply = await SendAsync(server.Http, tokens.AccessToken, new byte[20_001], Protobuf, pack);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.StatusCode);
        Assert.Contains("20,000", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_programs_at_once_lose_nothing()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var key = await CreateKeyAsync(user);

        var replies = await Task.WhenAll(Enumerable.Range(0, 40).Select(sender => SendAsync(
            server.Http, key, Encoding.UTF8.GetBytes(Request([.. Enumerable.Range(0, 25).Select(at => Span($"{sender:x4}{at:x4}", 10))])), Json))).Within();

        Assert.All(replies, reply => Assert.Equal(HttpStatusCode.OK, reply.StatusCode));
        Assert.Equal(1_000, (await user.GetAsync("/api/usage/extent", ApexJson.Default.ExtentView)).Rows);
        Array.ForEach(replies, reply => reply.Dispose());
    }

    private static async Task<string> CreateKeyAsync(HttpClient user)
    {
        using var reply = await user.PostAsJsonAsync(
            "/api/usage/ingest-keys", new IngestKeyRequest("collector"), ApexJson.Default.IngestKeyRequest).Within();
        return (await reply.ReadAsync(ApexJson.Default.IngestKeyReply)).Key;
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient http, string key, byte[] body, string type, bool pack = false)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/traces") { Content = new ByteArrayContent(pack ? Gzip(body) : body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        if (pack)
            request.Content.Headers.ContentEncoding.Add("gzip");
        if (key.Length > 0)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return http.SendAsync(request).Within();
    }

    private static string Request(params string[] spans) =>
        $$"""{"resourceSpans":[{"scopeSpans":[{"spans":[{{string.Join(',', spans)}}]}]}]}""";

    private static string Span(string id, int input) =>
        $$$$"""
        {"traceId":"01","spanId":"{{{{id}}}}","startTimeUnixNano":"1770091506500000000","attributes":[
        {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}},
        {"key":"gen_ai.usage.input_tokens","value":{"intValue":"{{{{input}}}}"}},{"key":"gen_ai.usage.output_tokens","value":{"intValue":"1"}}]}
        """;

    private static byte[] Binary(params string[] spanIds) => Message(request => WriteBytes(request, 1, Message(resource =>
        WriteBytes(resource, 2, Message(scope =>
        {
            foreach (var id in spanIds)
                WriteBytes(scope, 2, BinarySpan(id));
        })))));

    private static byte[] BinarySpan(string id) => Message(span =>
    {
        WriteBytes(span, 2, Convert.FromHexString(id));
        span.WriteTag(7, WireFormat.WireType.Fixed64);
        span.WriteFixed64(1_770_091_506_500_000_000);
        WriteBytes(span, 9, Attribute("gen_ai.request.model", value => WriteBytes(value, 1, "gpt-4o"u8.ToArray())));
        WriteBytes(span, 9, Attribute("gen_ai.usage.input_tokens", value =>
        {
            value.WriteTag(3, WireFormat.WireType.Varint);
            value.WriteInt64(120);
        }));
    });

    private static byte[] Attribute(string name, Action<CodedOutputStream> value) => Message(attribute =>
    {
        WriteBytes(attribute, 1, Encoding.UTF8.GetBytes(name));
        WriteBytes(attribute, 2, Message(value));
    });

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
            write(output);
        return stream.ToArray();
    }

    private static void WriteBytes(CodedOutputStream output, int field, byte[] bytes)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(bytes));
    }

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }
}
