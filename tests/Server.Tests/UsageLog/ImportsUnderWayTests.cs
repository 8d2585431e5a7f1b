using Apex.Agents.Planning;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Server.UsageLog;
using Apex.Storage.Accounts;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.UsageLog;

public sealed class ImportsUnderWayTests
{
    [Fact]
    public async Task An_import_that_is_read_is_told_to_its_organisation_until_it_has_ended()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        var stranger = await server.RegisterAsync();
        var owner = await PrincipalAsync(server, tokens);
        var other = await PrincipalAsync(server, stranger);
        var (jobs, underWay) = (server.Services.GetRequiredService<ImportJobs>(), server.Services.GetRequiredService<IImportsUnderWay>());
        var import = new HeldWork("import", addsRows: true);
        var prices = new HeldWork("prices", addsRows: false);

        Assert.Null(await jobs.StartAsync(owner, ImportJobs.NewId(), "usage.csv", import, CancellationToken.None));
        Assert.Null(await jobs.StartAsync(owner, ImportJobs.NewId(), "prices.json", prices, CancellationToken.None));
        await import.Begun.Within();

        Assert.Equal([new ImportUnderWay("usage.csv", IsWaiting: false, 120, 25)], underWay.Of(owner.OrganisationId));
        Assert.Empty(underWay.Of(other.OrganisationId));
        import.End();
        prices.End();
        await Eventually.HoldsAsync(() => Task.FromResult(underWay.Of(owner.OrganisationId).Count == 0), "the import has ended");
    }

    private static async Task<Principal> PrincipalAsync(ApexTestServer server, TokenReply tokens)
    {
        var user = (await server.Services.GetRequiredService<IAccountStore>().FindUserAsync(tokens.User.Id, CancellationToken.None))!;
        return new Principal(user.Id, user.OrganisationId, user.Email, user.Tier, [], "session", DateTimeOffset.MaxValue);
    }

    /// <summary>Tells that a quarter is read, and is worked on until it is let go.</summary>
    private sealed class HeldWork(string operation, bool addsRows) : ImportWork
    {
        private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override string Operation => operation;

        public override bool AddsRows => addsRows;

        public Task Begun => begun.Task;

        public void End() => ended.TrySetResult();

        public override async Task<ImportJobView> DoAsync(
            string organisationId, ImportJobView view, IProgress<ImportJobView> progress, CancellationToken cancellationToken)
        {
            progress.Report(view with { RowsStored = 120, BytesRead = 250, BytesTotal = 1_000 });
            begun.TrySetResult();
            await ended.Task.WaitAsync(cancellationToken);
            return view;
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
