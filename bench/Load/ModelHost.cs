using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Apex.Bench.Load;

/// <summary>
/// A chat model's server that streams 200 words a second to each caller, in OpenAI's format, for three seconds. Each word tells when it
/// was written, in letters: a word with digits would be held back until its sentence is checked.
/// </summary>
internal static class ModelHost
{
    public const int WordsPerSecond = 200;

    private const int WordsPerWrite = 4;
    private const int Writes = 3 * WordsPerSecond / WordsPerWrite;

    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.Run(SpeakAsync);
        await app.StartAsync();
        Console.WriteLine($"ready {app.Urls.First()}");
        await app.WaitForShutdownAsync();
    }

    /// <summary>How long ago each word of a text was written.</summary>
    public static IEnumerable<TimeSpan> Ages(string text)
    {
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            if (word is ['q', ..] && word.Skip(1).All(static letter => letter is >= 'a' and <= 'j'))
                yield return Stopwatch.GetElapsedTime(word.Skip(1).Aggregate(0L, static (made, letter) => (made * 10) + (letter - 'a')));
    }

    private static async Task SpeakAsync(HttpContext http)
    {
        await http.Request.Body.CopyToAsync(Stream.Null);
        http.Response.ContentType = "text/event-stream";
        using var ticks = new PeriodicTimer(TimeSpan.FromSeconds((double)WordsPerWrite / WordsPerSecond));
        for (var write = 0; write < Writes && await ticks.WaitForNextTickAsync(http.RequestAborted); write++)
        {
            var chunks = new StringBuilder();
            for (var i = 0; i < WordsPerWrite; i++)
                chunks.Append("data: {\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"").Append(Word()).Append(" \"}}]}\n\n");
            await http.Response.WriteAsync(chunks.ToString(), http.RequestAborted);
        }

        await http.Response.WriteAsync("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n", http.RequestAborted);
    }

    private static string Word() =>
        "q" + string.Concat(Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture).Select(static digit => (char)('a' + (digit - '0'))));
}
