using Apex.Testing;

namespace Apex.Agents.Tests.House;

/// <summary>The real Aider log with dated prices, imported once for all tests that read it.</summary>
public sealed class AiderHouse : IAsyncLifetime
{
    /// <summary>The log's own extent, which answers may name.</summary>
    internal static IReadOnlyList<DateTimeOffset> Extent { get; } =
        [DateTimeOffset.FromUnixTimeSeconds(1_723_560_043), DateTimeOffset.FromUnixTimeSeconds(1_777_090_834)];

    internal AgentHouse House { get; private set; } = null!;

    public async ValueTask InitializeAsync() => House = await AgentHouse.OpenFileAsync(SharedData.AiderCalls);

    public ValueTask DisposeAsync() => House.DisposeAsync();
}
