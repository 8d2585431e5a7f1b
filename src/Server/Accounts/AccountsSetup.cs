using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Accounts;

/// <summary>Who somebody is: accounts, sessions, tokens, tickets, origins.</summary>
internal static class AccountsSetup
{
    public static IServiceCollection AddAccounts(this IServiceCollection services)
    {
        services
            .AddSingleton<SigningKey>()
            .AddSingleton<AccessTokens>()
            .AddSingleton<SessionRevocations>()
            .AddSingleton<AccountChanges>()
            .AddSingleton<WebSocketTickets>()
            .AddSingleton<OriginPolicy>()
            .AddSingleton<OriginGate>()
            .AddSingleton<Passwords>()
            .AddSingleton<Sessions>()
            .AddSingleton<Registrations>()
            .AddSingleton<LogIns>()
            .AddSingleton<DevelopmentLogIns>()
            .AddSingleton<FirstAdministrator>()
            .AddSingleton<LocalOwner>();
        // The core alone: the usual AddAuthentication would bring data protection, which keeps keys in the user's home.
        services.AddAuthenticationCore(authentication =>
        {
            authentication.DefaultScheme = BearerAuthentication.SchemeName;
            authentication.AddScheme<BearerAuthentication>(BearerAuthentication.SchemeName, displayName: null);
        });
        services.AddTransient<BearerAuthentication>();
        services.AddSingleton(UrlEncoder.Default);
        services.AddAuthorizationBuilder()
            .AddPolicy(Roles.Developer, policy => policy.RequireRole(Roles.Developer))
            .AddPolicy(Roles.Admin, policy => policy.RequireRole(Roles.Admin));
        services.AddStartupStep(StartupPhase.Database, "signing key", (provider, _) =>
        {
            provider.GetRequiredService<SigningKey>();
            return Task.CompletedTask;
        });
        services.AddStartupStep(StartupPhase.Finalize, "first administrator", (provider, cancellationToken) =>
            provider.GetRequiredService<FirstAdministrator>().EnsureAsync(cancellationToken));
        services.AddStartupStep(StartupPhase.Finalize, "announcement to the data folder's owner", (provider, _) =>
        {
            provider.GetRequiredService<LocalOwner>().Announce();
            return Task.CompletedTask;
        });
        return services;
    }

    public static void UseAccounts(this IApplicationBuilder app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
    }

    public static void MapAccounts(this IEndpointRouteBuilder routes)
    {
        var auth = routes.MapGroup("/auth");
        SignInEndpoints.Map(auth, routes.ServiceProvider.GetRequiredService<ApexServerOptions>());
        AccountEndpoints.Map(auth);
        AccountEndpoints.MapTicket(routes);
    }
}
