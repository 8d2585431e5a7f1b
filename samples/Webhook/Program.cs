using Apex.Agents;
using Apex.Samples.Webhook;
using Apex.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// The whole server with a tool that has an effect outside and a sub-agent that asks before it has it:
// dotnet run --project samples/Webhook -- DATA_FOLDER WEBHOOK_ADDRESS [PORT [PAGE_FOLDER]]
// Then ask: "What are we spending? And tell the others."
if (args is not [var folder, var webhook, ..] || !Uri.TryCreate(webhook, UriKind.Absolute, out var address))
{
    Console.Error.WriteLine("Needs: DATA_FOLDER WEBHOOK_ADDRESS [PORT [PAGE_FOLDER]]");
    return 2;
}

var options = new ApexServerOptions
{
    DataFolder = folder,
    Port = args.ElementAtOrDefault(2) is { } port ? int.Parse(port, System.Globalization.CultureInfo.InvariantCulture) : 8080,
    PageFolder = args.ElementAtOrDefault(3),
    AnnounceToOwner = true,
    AdminEmail = Environment.GetEnvironmentVariable("APEX_ADMIN_EMAIL"),
    AdminPassword = Environment.GetEnvironmentVariable("APEX_ADMIN_PASSWORD"),
};
await using var server = ApexServerSetup.BuildApexServer(options, builder => builder.Services
    .AddSingleton(new HttpClient())
    .AddSingleton(new WebhookAddress(address))
    .AddAgentTool<WebhookTool>()
    .AddSubagent<TellAgent>());
await server.StartAsync();
Console.WriteLine($"Apex is at {server.GetAddress()}");
await server.WaitForShutdownAsync();
return 0;
