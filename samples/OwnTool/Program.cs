using Apex.Agents;
using Apex.Samples.OwnTool;
using Apex.Server;
using Microsoft.Extensions.DependencyInjection;

// The whole server with a tool and a sub-agent of one's own: dotnet run --project samples/OwnTool -- DATA_FOLDER
var options = new ApexServerOptions { DataFolder = args is [var folder] ? folder : "apex-data", AnnounceToOwner = true };
await using var server = ApexServerSetup.BuildApexServer(options, builder => builder.Services
    .AddSingleton(new Headcount(new Dictionary<string, int> { ["u1"] = 3, ["u5"] = 40 }))
    .AddAgentTool<CostPerHead>()
    .AddSubagent<HeadAgent>());
await server.RunAsync();
