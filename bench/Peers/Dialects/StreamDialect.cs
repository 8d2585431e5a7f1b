namespace Apex.Bench.Peers.Dialects;

/// <summary>A dialect whose messages do not keep to frames: what is left of one waits for the rest.</summary>
internal abstract class StreamDialect : Dialect
{
    public sealed override void Message(Subscriber subscriber, ReadOnlySpan<byte> message)
    {
        byte[]? whole = null;
        if (subscriber.Rest.Length > 0)
        {
            whole = new byte[subscriber.Rest.Length + message.Length];
            subscriber.Rest.CopyTo(whole, 0);
            message.CopyTo(whole.AsSpan(subscriber.Rest.Length));
        }

        var bytes = whole ?? message;
        while (bytes.Length > 0 && Take(subscriber, bytes) is > 0 and var used)
            bytes = bytes[used..];
        subscriber.Rest = bytes.IsEmpty ? [] : bytes.ToArray();
    }

    /// <returns>How much was used; 0 when the first message is not all there.</returns>
    protected abstract int Take(Subscriber subscriber, ReadOnlySpan<byte> bytes);
}
