using System.Text;
using Apex.Server.Connections.Door;

namespace Apex.Server.Tests.Connections;

public sealed class RequestHeadTests
{
    [Fact]
    public void What_a_request_for_a_socket_is_judged_by_is_found_whatever_the_case_of_the_names()
    {
        var (head, _, _) = Read(
            "/ws?ticket=a%2Bb&device=phone",
            "hOST: example.com", "UPGRADE:websocket", "connection:  keep-alive, Upgrade \t", "Sec-WebSocket-Protocol: apex.v1",
            "sec-websocket-protocol: jwt.x", "Cookie: left=out", "Content-Length: 0");

        Assert.NotNull(head);
        Assert.Equal("example.com", head.Headers.Host);
        Assert.Equal("keep-alive, Upgrade", head.Headers.Connection);
        Assert.Equal("apex.v1,jwt.x", head.Headers.SecWebSocketProtocol.ToString());
        Assert.Equal(("a+b", "phone"), (head.Query["ticket"].ToString(), head.Query["device"].ToString()));
        Assert.False(head.Headers.ContainsKey("Cookie"));
    }

    public static TheoryData<string, int> Refused => new()
    {
        { "GET /ws\r\nHost: a\r\n\r\n", 400 },
        { "GET /ws HTTP/1.0\r\nHost: a\r\n\r\n", 505 },
        { "GET /ws HTTP/2.0\r\nHost: a\r\n\r\n", 505 },
        { "GET /ws  HTTP/1.1\r\nHost: a\r\n\r\n", 505 },
        { "GET /ws?a=b#c HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET /ws?a=\u0001 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET /ws?a=\u00e4 HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost:\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost : a\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\n Host: a\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost: a\r\nA b: two words\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost: a\r\nX: a\nY: b\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost: a\r\nX: \u007f\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
        { "GET /ws HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 400 },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_could_be_read_in_two_ways_is_refused(string head, int status)
    {
        var (read, answered, why) = RequestHead.Read(Encoding.Latin1.GetBytes(head));

        Assert.Null(read);
        Assert.Equal(status, answered);
        Assert.EndsWith(".", why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_headers_are_taken_and_one_more_is_not()
    {
        string[] some = [.. Enumerable.Range(0, 99).Select(number => $"X-{number}: {number}"), "Host: a"];

        Assert.NotNull(Read("/ws", some).Head);
        Assert.Equal(431, Read("/ws", [.. some, "One: more"]).Status);
    }

    [Fact]
    public void Any_byte_in_any_place_gives_a_head_or_a_refusal_and_no_exception()
    {
        var good = Encoding.Latin1.GetBytes("GET /ws?device=a HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n");
        for (var place = RequestHead.BeginningBytes; place < good.Length - 4; place++)
        {
            for (var value = 0; value < 256; value++)
            {
                byte[] bytes = [.. good];
                bytes[place] = (byte)value;
                var (head, status, _) = RequestHead.Read(bytes);
                Assert.True(head is null ? status >= 400 : status == 0);
            }
        }
    }

    private static (RequestHead? Head, int Status, string Why) Read(string target, params string[] headers) =>
        RequestHead.Read(Encoding.Latin1.GetBytes($"GET {target} HTTP/1.1\r\n{string.Concat(headers.Select(line => line + "\r\n"))}\r\n"));
}
