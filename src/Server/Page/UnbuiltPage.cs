using System.Text;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Page;

/// <summary>What a browser sees when the server runs without its page.</summary>
internal static class UnbuiltPage
{
    private static readonly byte[] Html = Encoding.UTF8.GetBytes(
        """
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Apex</title></head>
        <body>
        <h1>Apex is running, but its page is not built</h1>
        <p>Start it by <code>./apex</code> in the folder of the project, which builds the page when it is missing, or build it yourself:</p>
        <pre>cd web
        npm ci
        npm run build</pre>
        <p>Then start the server with <code>--page web/dist</code>. The command line and the API work without the page:
        <code>apex ask "what did we spend last month?"</code></p>
        </body>
        </html>
        """);

    public static Task SendAsync(HttpResponse response)
    {
        response.ContentLength = Html.Length;
        return HttpMethods.IsHead(response.HttpContext.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(Html, response.HttpContext.RequestAborted).AsTask();
    }
}
