using Apex.Usage.Demo;

namespace Apex.Agents.Tests.House;

/// <summary>The demonstration organisation at a twentieth of its size, generated once for all tests that read it.</summary>
public sealed class DemoHouse : IAsyncLifetime
{
    internal AgentHouse House { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        House = await AgentHouse.OpenAsync(calls: DemoOrganisation.Generate(new DemoOptions { Scale = 0.05 }));

    public ValueTask DisposeAsync() => House.DisposeAsync();
}
