using Apex.Agents.Spending;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Apex.Agents.ChatModels;

/// <summary>The door to chat models. Without one the planner answers alone.</summary>
public static class ChatModelsSetup
{
    /// <summary>Adds a model of your own after those of the settings; the first one that answers is used.</summary>
    /// <param name="options">Its name, window and patience; the address is not used.</param>
    public static IServiceCollection AddChatModel(
        this IServiceCollection services, ChatModelOptions options, Func<IServiceProvider, IChatClient> client)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(client);
        return services.AddSingleton(provider => new ChatModel(options, client(provider), provider.GetRequiredService<TimeProvider>()));
    }

    internal static IServiceCollection AddChatModels(this IServiceCollection services)
    {
        services.TryAddSingleton<ModelHttp>();
        services.TryAddSingleton<OwnCalls>();
        services.TryAddSingleton<ISpending, UnlimitedSpending>();
        services.TryAddSingleton(provider => new ChatModelOrder(
        [
            .. provider.GetRequiredService<IOptions<AgentsOptions>>().Value.Models.Select(options => FromSettings(options, provider)),
            .. provider.GetServices<ChatModel>(),
        ]));
        services.TryAddSingleton(provider => new ModelConditions(provider.GetRequiredService<ChatModelOrder>()));
        return services;
    }

    private static ChatModel FromSettings(ChatModelOptions options, IServiceProvider provider)
    {
        var http = provider.GetRequiredService<ModelHttp>().Client;
        IChatClient client = options.Provider switch
        {
            ChatModelProvider.Anthropic => new AnthropicChatClient(http, options),
            _ => new OpenAiChatClient(http, options),
        };
        return new ChatModel(options, client, provider.GetRequiredService<TimeProvider>());
    }
}

/// <summary>The connections to models' servers, shared by all models.</summary>
internal sealed class ModelHttp : IDisposable
{
    public HttpClient Client { get; } = new(new SocketsHttpHandler
    {
        // A redirect could carry the key to another host.
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        // A reply that is left in the middle ends with its connection. By default it would be read on for up to 2 s, to keep the connection
        // for another: two more seconds of words for which the user pays after he stopped them.
        ResponseDrainTimeout = TimeSpan.Zero,
        MaxResponseDrainSize = 0,
    })
    {
        // Each call has its own limits: first token, silence, and the run's deadline.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public void Dispose() => Client.Dispose();
}
