using Apex.Testing;
using Apex.Usage.Events;

namespace Apex.Agents.Tests.House;

/// <summary>Calls of a usage log of which a test names only what it is about.</summary>
internal static class SomeCalls
{
    public static UsageEvent Call(DateTimeOffset? at = null, string model = "gpt-4o", string user = "ada", long input = 1_000, long output = 100)
    {
        var id = $"call-{Some.Number()}";
        return new UsageEvent
        {
            EventId = id, Source = "test", SourceId = id, StartedAt = at ?? Some.Time, RequestModel = model, Provider = "openai", UserId = user,
            InUncached = input, OutVisible = output,
        };
    }
}
