using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Reports;

namespace Apex.Protocol;

/// <summary>The one JSON form of everything on the wire: snake_case, nulls left out, times as RFC 3339 UTC with milliseconds.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true,
    Converters = [typeof(UtcMillisecondsConverter)])]
[JsonSerializable(typeof(ApexEvent))]
[JsonSerializable(typeof(ServerFrame))]
[JsonSerializable(typeof(ClientFrame))]
[JsonSerializable(typeof(Report))]
[JsonSerializable(typeof(RegisterRequest))]
[JsonSerializable(typeof(LoginRequest))]
[JsonSerializable(typeof(RefreshRequest))]
[JsonSerializable(typeof(TokenReply))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(AuthConfig))]
[JsonSerializable(typeof(OauthProviderList))]
[JsonSerializable(typeof(TicketRequest))]
[JsonSerializable(typeof(TicketReply))]
[JsonSerializable(typeof(ThreadPage))]
[JsonSerializable(typeof(CreateThreadRequest))]
[JsonSerializable(typeof(RenameThreadRequest))]
[JsonSerializable(typeof(MessagePage))]
[JsonSerializable(typeof(PostMessageRequest))]
[JsonSerializable(typeof(PostMessageReply))]
[JsonSerializable(typeof(ForkThreadRequest))]
[JsonSerializable(typeof(ForkRunRequest))]
[JsonSerializable(typeof(RunView))]
[JsonSerializable(typeof(RunList))]
[JsonSerializable(typeof(ApprovalView))]
[JsonSerializable(typeof(ApprovalList))]
[JsonSerializable(typeof(DecideRequest))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(ImportPathRequest))]
[JsonSerializable(typeof(JobReply))]
[JsonSerializable(typeof(IngestKeyRequest))]
[JsonSerializable(typeof(UploadRequest))]
[JsonSerializable(typeof(UploadView))]
[JsonSerializable(typeof(MappingList))]
[JsonSerializable(typeof(IngestKeyReply))]
[JsonSerializable(typeof(IngestKeyList))]
[JsonSerializable(typeof(ImportJobView))]
[JsonSerializable(typeof(ImportJobList))]
[JsonSerializable(typeof(ExtentView))]
[JsonSerializable(typeof(DemoRequest))]
[JsonSerializable(typeof(ToolList))]
[JsonSerializable(typeof(ChartList))]
[JsonSerializable(typeof(AlertRuleRequest))]
[JsonSerializable(typeof(AlertList))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(GrowthView))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(StartupView))]
[JsonSerializable(typeof(BroadcastRequest))]
[JsonSerializable(typeof(OwnLimits))]
[JsonSerializable(typeof(BroadcastView))]
[JsonSerializable(typeof(BroadcastList))]
[JsonSerializable(typeof(ReceivedBroadcastList))]
[JsonSerializable(typeof(RunDeliveryView))]
[JsonSerializable(typeof(ConnectionReport))]
[JsonSerializable(typeof(RunValidationView))]
[JsonSerializable(typeof(ValidationReport))]
[JsonSerializable(typeof(BridgeView))]
[JsonSerializable(typeof(BridgeRecord))]
[JsonSerializable(typeof(PerformanceView))]
[JsonSerializable(typeof(JsonElement))]
public sealed partial class ApexJson : JsonSerializerContext;
