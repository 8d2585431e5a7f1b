using System.Globalization;
using System.Text;
using System.Text.Json;
using Apex.Bench.Peers.Servers;
using Apex.Bench.Peers.Wire;

namespace Apex.Bench.Peers.Dialects;

/// <summary>
/// SignalR's JSON protocol 2 with stateful reconnect: both sides number what they send; the client confirms every second, and after a cut
/// it comes back to the same connection, which sends again what was not confirmed.
/// </summary>
internal sealed class SignalRDialect : StreamDialect
{
    private const byte End = 0x1e;
    private const int NotFound = 404;

    public override bool Recovers => true;

    public override string Upgrade(RunningServer server, Subscriber subscriber, bool again)
    {
        if (!again || subscriber.State is not Place || subscriber.EndCode == NotFound)
            subscriber.State = new Place(Negotiate(server));
        var place = (Place)subscriber.State;
        place.Resumes = place.Received > 0 || place.HasShakenHands;
        var stream = subscriber.Stream < 0 ? "" : "&stream=" + subscriber.Stream.ToString(CultureInfo.InvariantCulture);
        return $"/streams?id={place.Token}{stream}";
    }

    public override void Upgraded(Subscriber subscriber)
    {
        var place = (Place)subscriber.State!; // set before the connection
        // Who resumes shakes no hands again; it says from which number on it sends, which for a client that never sent is 1.
        subscriber.Socket?.SendText(place.Resumes
            ? """{"type":9,"sequenceId":1}"""u8.ToArray().Append(End).ToArray()
            : """{"protocol":"json","version":2}"""u8.ToArray().Append(End).ToArray());
    }

    public override void EverySecond(Subscriber subscriber)
    {
        if (subscriber is not { IsReady: true, State: Place place, Socket: { } socket })
            return;
        if (place.Received > place.Confirmed)
        {
            place.Confirmed = place.Received;
            socket.SendText([.. Encoding.ASCII.GetBytes($$"""{"type":8,"sequenceId":{{place.Received}}}"""), End]);
            place.Quiet = 0;
        }
        else if (++place.Quiet == 10)
        {
            socket.SendText([.. """{"type":6}"""u8, End]);
            place.Quiet = 0;
        }
    }

    public override void Publish(WireSocket publisher, int stream, ReadOnlySpan<byte> message) => publisher.SendText(
        [.. Encoding.ASCII.GetBytes($$"""{"type":1,"target":"Publish","arguments":["{{stream}}","""), .. message, .. "]}"u8, End]);

    protected override int Take(Subscriber subscriber, ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf(End);
        if (end < 0)
            return 0;
        var message = bytes[..end];
        var place = (Place)subscriber.State!; // set before the connection
        if (message.StartsWith("""{"type":1,"""u8))
            TakeEvent(subscriber, place, message);
        else if (message.StartsWith("""{"type":9,"""u8))
            TakeSequence(subscriber, place, message);
        else if (message.StartsWith("""{"type":7"""u8))
            throw new InvalidOperationException($"SignalR closes: {Encoding.UTF8.GetString(message)}");
        else if (message.SequenceEqual("{}"u8))
            subscriber.IsReady = place.HasShakenHands = true;
        return end + 1;
    }

    private static void TakeEvent(Subscriber subscriber, Place place, ReadOnlySpan<byte> message)
    {
        place.Next++;
        if (place.Next <= place.Received)
            return;
        place.Received = place.Next;
        subscriber.Deliver(message);
    }

    private static void TakeSequence(Subscriber subscriber, Place place, ReadOnlySpan<byte> message)
    {
        using var json = JsonDocument.Parse(message.ToArray());
        place.Next = json.RootElement.GetProperty("sequenceId").GetInt64() - 1;
        subscriber.IsRecovered = subscriber.IsReady = true;
    }

    private static string Negotiate(RunningServer server)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, $"http://{server.Address}/streams/negotiate?negotiateVersion=1&useStatefulReconnect=true");
        using var reply = server.Http.Send(request);
        using var json = JsonDocument.Parse(reply.EnsureSuccessStatusCode().Content.ReadAsStream());
        return json.RootElement.GetProperty("connectionToken").GetString()!; // the protocol says it is there
    }

    private sealed class Place(string token)
    {
        public string Token { get; } = token;

        public bool HasShakenHands { get; set; }

        public bool Resumes { get; set; }

        /// <summary>Number of the last message on this connection, which may be one that came before.</summary>
        public long Next { get; set; }

        /// <summary>The highest number that came.</summary>
        public long Received { get; set; }

        public long Confirmed { get; set; }

        public int Quiet { get; set; }
    }
}
