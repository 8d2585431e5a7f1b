using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Apex.Server.Tests;

public sealed class BackgroundWorkTests
{
    [Fact]
    public async Task What_breaks_is_begun_again_and_ends_with_the_server()
    {
        var work = new BrittleWork();
        await using var server = await ApexTestServer.StartAsync(configure: builder => builder.Services.AddSingleton(work));
        await server.Services.GetRequiredService<BackgroundWork>().BeginAsync(work, CancellationToken.None);

        await work.Lasting.Within();
        Assert.Equal(2, work.Begun);
        await server.StopAsync();

        Assert.True(work.HasEnded);
        Assert.Equal(2, work.Begun);
    }

    /// <summary>Breaks the first time, and then lasts until it is told to end.</summary>
    private sealed class BrittleWork : BackgroundService
    {
        private readonly TaskCompletionSource _lasting = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Begun { get; private set; }

        public bool HasEnded { get; private set; }

        public Task Lasting => _lasting.Task;

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            if (++Begun == 1)
                throw new InvalidOperationException("Something broke.");
            _lasting.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            HasEnded = true;
        }
    }
}
