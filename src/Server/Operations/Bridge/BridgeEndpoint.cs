using Apex.Protocol;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Operations.Bridge;

/// <summary><c>/api/admin/bridge</c>: state, parts and incidents.</summary>
internal static class BridgeEndpoint
{
    public static IResult Get(AgentBridge bridge) => Results.Json(bridge.View(), ApexJson.Default.BridgeView);
}
