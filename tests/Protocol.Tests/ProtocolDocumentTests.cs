using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;

namespace Apex.Protocol.Tests;

/// <summary>Holds docs/protocol.md against the types it describes.</summary>
public sealed class ProtocolDocumentTests
{
    private static readonly string[] Lines = File.ReadAllLines(Find("docs/protocol.md"));
    private static readonly string Text = string.Join('\n', Lines);

    public static TheoryData<string> EventNames => NamesOf<ApexEvent>();

    public static TheoryData<string> ServerFrameNames => NamesOf<ServerFrame>();

    public static TheoryData<string> ClientFrameNames => NamesOf<ClientFrame>();

    [Theory]
    [MemberData(nameof(EventNames))]
    public void Every_event_stands_there_with_its_fields(string type) => AssertRow<ApexEvent>(type);

    [Theory]
    [MemberData(nameof(ServerFrameNames))]
    public void Every_server_frame_stands_there_with_its_fields(string type) => AssertRow<ServerFrame>(type);

    [Theory]
    [MemberData(nameof(ClientFrameNames))]
    public void Every_client_frame_stands_there_with_its_fields(string type) => AssertRow<ClientFrame>(type);

    [Fact]
    public void No_row_names_a_type_that_is_not_built()
    {
        var built = new[] { DerivedOf<ApexEvent>(), DerivedOf<ServerFrame>(), DerivedOf<ClientFrame>() }.SelectMany(types => types.Keys);
        var codes = Words<ErrorCode>();

        var described = Lines.Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('`')[1]).Order();

        Assert.Equal(built.Concat(codes).Order(), described);
    }

    [Fact]
    public void Fields_of_all_events_stand_there() =>
        Assert.All(TypeInfo(typeof(ApexEvent)).Properties.Concat(TypeInfo(typeof(EventContext)).Properties), property =>
            Assert.Contains($"`{property.Name}`", Text));

    [Fact]
    public void Fields_of_a_message_stand_there() =>
        Assert.All(TypeInfo(typeof(UserMessagePayload)).Properties.Where(property => property.Get is not null), property =>
            Assert.Contains($"`{property.Name}`", Text));

    [Fact]
    public void Words_of_the_wire_stand_there() =>
        Assert.All(
            new[]
            {
                Words<ToolCategory>(), Words<DurationClass>(), Words<ToolEffect>(), Words<ToolStatus>(), Words<Urgency>(),
                Words<ErrorSeverity>(), Words<WhenBusy>(), Words<RunState>(), Words<Tier>(),
            }.SelectMany(words => words),
            word => Assert.Contains($"`{word}`", Text));

    private static void AssertRow<TBase>(string type)
    {
        var row = Assert.Single(Lines, line => line.StartsWith($"| `{type}`", StringComparison.Ordinal));
        var shared = TypeInfo(typeof(TBase)).Properties.Select(property => property.Name);
        var own = TypeInfo(DerivedOf<TBase>()[type]).Properties.Select(property => property.Name).Except(shared).Where(name => name != "type");
        Assert.All(own, name => Assert.Contains($"`{name}`", row));
    }

    private static TheoryData<string> NamesOf<TBase>() => [.. DerivedOf<TBase>().Keys];

    private static Dictionary<string, Type> DerivedOf<TBase>() =>
        TypeInfo(typeof(TBase)).PolymorphismOptions!.DerivedTypes
            .ToDictionary(derived => (string)derived.TypeDiscriminator!, derived => derived.DerivedType);

    private static JsonTypeInfo TypeInfo(Type type) => ApexJson.Default.Options.GetTypeInfo(type);

    private static IEnumerable<string> Words<TEnum>()
        where TEnum : struct, Enum =>
        Enum.GetNames<TEnum>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName);

    private static string Find(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Apex.slnx")))
                return Path.Combine(folder.FullName, relative);
        }

        throw new FileNotFoundException($"No project root above {AppContext.BaseDirectory}.");
    }
}
