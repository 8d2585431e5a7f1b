using System.Diagnostics.Metrics;

namespace Apex.Server;

/// <summary>What the HTTP calls add to <c>/metrics</c>, requests for a socket included, by whichever way they come.</summary>
internal sealed class HttpMetrics
{
    private readonly Counter<long> _replies;

    public HttpMetrics(IMeterFactory meters) => _replies = meters.Create("Apex.Http").CreateCounter<long>(
        "apex.http.replies", "{reply}", "Replies to HTTP calls, by status.");

    public void Count(int status) => _replies.Add(1, new KeyValuePair<string, object?>("status", status));
}
