using Apex.Agents;
using Apex.Agents.Approvals;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Samples.Webhook;
using Apex.Server;
using Apex.Server.CrashHost;
using Apex.Server.Limits;
using Apex.Server.Runs;
using Apex.Storage.Feed;
using Apex.Testing;
using Apex.Usage.Query;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// The real server in a process that can be killed: FOLDER WEBHOOK-ADDRESS asks|acts [PLAN-FILE]. Whether tools with an effect need
// approval is said by the third; each run stops for ever at the point its plan names, and says so; whoever started this process kills it
// then. An import stops after the batches that APEX_STOP_IMPORT_AFTER names.
var (folder, webhook, planFile) = (args[0], new Uri(args[1]), args.ElementAtOrDefault(3));
var points = new CrashPoints(planFile is null ? [] : await File.ReadAllLinesAsync(planFile));
var usual = ApexTestServer.OptionsFor(folder);
var app = ApexServerSetup.BuildApexServer(
    new ApexServerOptions
    {
        DataFolder = folder,
        Port = 0,
        Durability = usual.Durability,
        AttemptsPerMinutePerAddress = usual.AttemptsPerMinutePerAddress,
        AdminEmail = usual.AdminEmail,
        AdminPassword = usual.AdminPassword,
        Tiers = new Dictionary<Tier, TierLimits>
        {
            [Tier.Free] = new(100_000, 10_000, 10, 1_000, 1_000, TimeSpan.FromMinutes(10), null, TimeSpan.FromDays(1)),
        },
    },
    builder =>
    {
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        var services = builder.Services;
        // Runs that wait at their point hold what they have.
        services.Configure<RunsOptions>(runs => (runs.MaxRunsAtOnce, runs.MaxStepsAtOnce) = (1_000, 1_000));
        services.Configure<AgentsOptions>(agents =>
        {
            agents.StallAfter = TimeSpan.FromMinutes(5);
            agents.Approvals = new ApprovalPolicy { Rules = [new ApprovalRule { Ask = args[2] == "asks", Effects = [ToolEffect.Keyed, ToolEffect.Once] }] };
        });
        services.AddSingleton(points);
        services.AddSingleton<ISubagent, Notifier>();
        services.AddSingleton<IAgentTool>(new PausingTool(new WebhookTool(new HttpClient(), new WebhookAddress(webhook)), points));
        services.AddSingleton<IAgentTool>(new PausingTool(new SignTool(Path.Combine(folder, "signatures")), points));
        if (int.TryParse(Environment.GetEnvironmentVariable("APEX_STOP_IMPORT_AFTER"), out var batches))
        {
            var log = services.Last(service => service.ServiceType == typeof(IUsageLog)).ImplementationFactory!;
            services.Replace(ServiceDescriptor.Singleton<IUsageLog>(provider => new PausingLog((IUsageLog)log(provider), batches)));
        }

        var real = services.Last(service => service.ServiceType == typeof(IFeed)).ImplementationFactory!;
        services.Replace(ServiceDescriptor.Singleton<IFeed>(provider => new PausingFeed((IFeed)real(provider), points)));
    });
await app.StartAsync();
Console.WriteLine($"listening {app.GetAddress()}");
await app.WaitForShutdownAsync();
