using Apex.Agents;
using Apex.Agents.Mcp;
using Apex.Server.Accounts;
using Apex.Server.Alerts;
using Apex.Server.Connections;
using Apex.Server.Limits;
using Apex.Server.Operations;
using Apex.Server.Page;
using Apex.Server.Reporting;
using Apex.Server.Runs;
using Apex.Server.Threads;
using Apex.Server.UsageLog;
using Apex.Storage.Feed;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server;

/// <summary>Puts the rooms together. Each room adds its services and maps its endpoints; nothing else happens here.</summary>
public static class ApexServerSetup
{
    private const int MaxRequestHeadersBytes = 64 * 1024;
    private const long MaxRequestBodyBytes = 1024 * 1024;
    private const int MaxConnections = 20_000;
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Builds a server that listens once it is started. Starting runs the phases of the start-up and throws
    /// <see cref="StartupFailedException"/>, whose message is one readable line, when one fails.
    /// </summary>
    /// <param name="configure">Runs last, so that a test or a host can replace a service, for instance the clock.</param>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">An option is out of its range.</exception>
    public static WebApplication BuildApexServer(ApexServerOptions options, Action<WebApplicationBuilder>? configure = null)
    {
        options.Validate();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Apex" });
        if (options.Configuration is { } configuration)
            builder.Configuration.AddConfiguration(configuration);
        StartupSequence? startup = null;
        AddHost(builder, options, isStarted: () => startup is { HasStarted: true });

        builder.Services.AddEmbeddedStore();
        builder.Services.AddLimits();
        builder.Services.AddAccounts();
        builder.Services.AddUsageLog();
        builder.Services.AddAgents(agents =>
        {
            (agents.Models, agents.McpConfiguration, agents.Approvals) = (options.Models, options.McpConfiguration, options.Approvals);
            if (options.Subagents.Count > 0)
                agents.Subagents = options.Subagents;
            agents.IsBusy = fault => fault is StorageUnavailableException;
        });
        builder.Services.AddStartupStep(
            StartupPhase.Services, "tools of MCP servers",
            (provider, cancellationToken) => provider.GetRequiredService<McpTools>().StartAsync(cancellationToken));
        builder.Services.AddReporting();
        builder.Services.AddAlerts();
        builder.Services.AddThreads();
        builder.Services.AddRuns();
        builder.Services.AddFeedConnections();
        builder.Services.AddOperations();
        configure?.Invoke(builder);

        var app = builder.Build();
        startup = app.Services.GetRequiredService<StartupSequence>();
        app.UseOperations();
        app.UseFeedConnections();
        app.UseRouting();
        app.UsePage(options.PageFolder);
        app.UseAccounts();

        app.MapAccounts();
        app.MapUsageLog();
        app.MapReporting();
        app.MapAlerts();
        app.MapThreads();
        app.MapRuns();
        app.MapOperations();
        return app;
    }

    private static void AddHost(WebApplicationBuilder builder, ApexServerOptions options, Func<bool> isStarted)
    {
        builder.WebHost.UseKestrelCore().UseUrls([.. options.Addresses]).ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Clients of the Netra dialect send their token seven times in one request.
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxRequestHeadersBytes;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            kestrel.Limits.MaxRequestBodySize = MaxRequestBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = MaxConnections;
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<BackgroundWork>();
        builder.Services.AddHostedService(static provider => provider.GetRequiredService<BackgroundWork>());
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddMetrics();
        builder.Services.AddRouting();
        // Bad bodies come to the one place that words replies, instead of as a status without a reason.
        builder.Services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopWithin);
        builder.Services.Configure<JsonOptions>(json => json.SerializerOptions.UseApexJson());
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        // Standard output carries results only; request lines are never logged, for a query string may hold a ticket.
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Error);
        // A start that fails is told in one line by whoever started the server; the host would add pages of stack to it.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level >= LogLevel.Warning && isStarted());
    }
}
