using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Agents.Execution;
using Apex.Agents.Planning;
using Apex.Agents.Tools;
using Apex.Protocol;

namespace Apex.Agents;

/// <summary>JSON of what agents keep for themselves: checkpoints, receipts, plans and findings.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters = [typeof(UtcMillisecondsConverter)])]
[JsonSerializable(typeof(SupervisorState))]
[JsonSerializable(typeof(ToolReceipt))]
[JsonSerializable(typeof(TriageVerdict))]
[JsonSerializable(typeof(StepFindings))]
[JsonSerializable(typeof(Conversing.ModelAnswer))]
[JsonSerializable(typeof(Subagents.ReportOutline))]
[JsonSerializable(typeof(Approvals.ApprovalPolicy))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonNode))]
internal sealed partial class AgentsJson : JsonSerializerContext;
