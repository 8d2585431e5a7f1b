using System.Globalization;
using System.Text;
using Apex.Server.Connections.Upgrade;
using Apex.Simulation.Network;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Apex.Simulation.Worlds;

/// <summary>What the web server does around the product's door: reads one request's head, and writes the answer's or gives the stream.</summary>
internal static class HttpDoor
{
    private const int LongestHead = 4 * 1024;

    public static async Task ServeAsync(Link link, UpgradeEndpoint door)
    {
        using var aborted = new CancellationTokenSource();
        link.WasReset = aborted.Cancel;
        try
        {
            if (await ReadHeadAsync(link.ServerEnd, LongestHead, aborted.Token) is not { } head)
                return;
            var context = NewContext(head, link, aborted);
            await door.HandleAsync(new HttpCaller(context), aborted.Token);
            if (context.Response.StatusCode != StatusCodes.Status101SwitchingProtocols)
                await link.ServerEnd.WriteAsync(AnswerHead(context), aborted.Token);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client left before it was answered.
            return;
        }
        finally
        {
            link.WasReset = null;
        }
    }

    /// <param name="atOnce">Bytes of one read: one where something may follow the head.</param>
    /// <returns>Null at the end of the stream.</returns>
    public static async Task<string[]?> ReadHeadAsync(Stream stream, int atOnce, CancellationToken cancellationToken)
    {
        var head = new byte[LongestHead];
        for (var length = 0; length < head.Length;)
        {
            var read = await stream.ReadAsync(head.AsMemory(length, Math.Min(atOnce, head.Length - length)), cancellationToken);
            if (read == 0)
                return null;
            length += read;
            if (head.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
                return Encoding.ASCII.GetString(head, 0, length).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        }

        return null;
    }

    private static DefaultHttpContext NewContext(string[] head, Link link, CancellationTokenSource aborted)
    {
        var context = new DefaultHttpContext();
        var target = head[0].Split(' ')[1];
        var query = target.IndexOf('?', StringComparison.Ordinal);
        context.Request.Method = "GET";
        context.Request.Path = query < 0 ? target : target[..query];
        context.Request.QueryString = new QueryString(query < 0 ? "" : target[query..]);
        foreach (var line in head.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            context.Request.Headers.Append(line[..colon], line[(colon + 1)..].Trim());
        }

        context.Features.Set<IHttpUpgradeFeature>(new Upgrade(context, link));
        context.Features.Set<IHttpRequestLifetimeFeature>(new Lifetime(link, aborted));
        return context;
    }

    private static byte[] AnswerHead(HttpContext context)
    {
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {context.Response.StatusCode} Answer\r\n");
        foreach (var (name, value) in context.Response.Headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        return Encoding.ASCII.GetBytes(head.Append("\r\n").ToString());
    }

    private sealed class Upgrade(HttpContext context, Link link) : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => true;

        public async Task<Stream> UpgradeAsync()
        {
            context.Response.StatusCode = StatusCodes.Status101SwitchingProtocols;
            await link.ServerEnd.WriteAsync(AnswerHead(context));
            return link.ServerEnd;
        }
    }

    private sealed class Lifetime(Link link, CancellationTokenSource aborted) : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; } = aborted.Token;

        public void Abort() => link.Reset();
    }
}
