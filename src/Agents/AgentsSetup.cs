using Apex.Agents.ChatModels;
using Apex.Agents.Conversing;
using Apex.Agents.Dependencies;
using Apex.Agents.Execution;
using Apex.Agents.Mcp;
using Apex.Agents.Planning;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Usage.Query;
using Apex.Usage.Tools;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Apex.Agents;

/// <summary>Sets up the agents. Needs <see cref="IUsageLog"/> and <see cref="IPriceBooks"/> registered by whoever keeps the usage log.</summary>
public static class AgentsSetup
{
    /// <summary>Registers <see cref="ISupervisor"/> with the built-in sub-agents and an agent tool for each analysis of the usage log.</summary>
    public static IServiceCollection AddAgents(this IServiceCollection services, Action<AgentsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<AgentsOptions>()
            .Configure<IServiceProvider>((options, provider) => provider.GetService<IConfiguration>()?.GetSection("Agents").Bind(options))
            .Configure(configure ?? (_ => { }))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<AgentsOptions>, AgentsOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IPlanner, DeterministicPlanner>();
        services.TryAddSingleton<IImportsUnderWay, NoImportsUnderWay>();
        services.TryAddSingleton<ISupervisor, Supervisor>();
        services.TryAddSingleton<SubagentRegistry>();
        services.TryAddSingleton<ToolDependencies>();
        services.TryAddSingleton(MakeCatalogue);
        services.AddChatModels();
        services.TryAddSingleton(provider => new McpTools(
            provider.GetRequiredService<ToolCatalogue>(), provider.GetRequiredService<IOptions<AgentsOptions>>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));

        // Ours come first in the list, whenever they are added: the last of a name wins.
        Insert<TriageAgent>(services, 0);
        Insert<DataAgent>(services, 1);
        Insert<DataHelperAgent>(services, 2);
        Insert<OptimizationAgent>(services, 3);
        Insert<ActionsAgent>(services, 4);
        Insert<ConversationAgent>(services, 5);
        Insert<ReportingAgent>(services, 6);
        return services;
    }

    /// <summary>
    /// Adds a sub-agent. It works before the report, or in place of the built-in one whose name it has (<see cref="SubagentNames"/>).
    /// </summary>
    public static IServiceCollection AddSubagent<TSubagent>(this IServiceCollection services)
        where TSubagent : class, ISubagent => services.AddSingleton<ISubagent, TSubagent>();

    /// <summary>Adds a tool that sub-agents can call by its name. A second tool of a name is refused at start.</summary>
    public static IServiceCollection AddAgentTool<TTool>(this IServiceCollection services)
        where TTool : class, IAgentTool => services.AddSingleton<IAgentTool, TTool>();

    private static void Insert<TSubagent>(IServiceCollection services, int index)
        where TSubagent : class, ISubagent =>
        services.Insert(index, ServiceDescriptor.Singleton<ISubagent, TSubagent>());

    private static ToolCatalogue MakeCatalogue(IServiceProvider provider)
    {
        var log = provider.GetRequiredService<IUsageLog>();
        var prices = provider.GetRequiredService<IPriceBooks>();
        var time = provider.GetRequiredService<TimeProvider>();
        var timeout = provider.GetRequiredService<IOptions<AgentsOptions>>().Value.AnalysisTimeout;
        var analyses = UsageTools.All.Select(tool => new UsageToolAdapter(tool, log, prices, time, timeout));
        return new ToolCatalogue([.. analyses, .. provider.GetServices<IAgentTool>()]);
    }
}
