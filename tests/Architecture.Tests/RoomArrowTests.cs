using System.Text.RegularExpressions;

namespace Apex.Architecture.Tests;

/// <summary>Which room of the server may use which; the table of docs/decisions/0001-room-arrows.md.</summary>
public sealed partial class RoomArrowTests
{
    private static readonly string[] All =
        ["Accounts", "Limits", "Connections", "Runs", "Threads", "UsageLog", "Reporting", "Alerts", "Views", "Operations", "Page"];

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Limits"] = [],
        ["Page"] = [],
        ["Accounts"] = ["Limits"],
        ["Runs"] = ["Accounts", "Limits"],
        ["Threads"] = ["Accounts", "Limits"],
        ["UsageLog"] = ["Accounts", "Limits"],
        ["Alerts"] = ["Accounts", "Reporting", "UsageLog"],
        ["Reporting"] = ["Accounts", "Limits", "UsageLog"],
        ["Connections"] = ["Accounts", "Limits", "Runs", "Threads"],
        ["Views"] = ["Accounts", "Limits", "Runs"],
        ["Operations"] = All,
    };

    public static TheoryData<string> Rooms() =>
        [.. SourceTree.Files("src/Server", ".cs").Select(file => file.Split('/')).Where(path => path.Length > 3).Select(path => path[2]).Distinct()];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Room_uses_only_the_rooms_it_may(string room)
    {
        Assert.True(Allowed.ContainsKey(room), $"src/Server/{room} is not in the table of this test.");

        var faults = from file in SourceTree.Files($"src/Server/{room}", ".cs")
                     from Match match in RoomName().Matches(SourceTree.Read(file))
                     let other = match.Groups[1].Value
                     where other != room && All.Contains(other) && !Allowed[room].Contains(other)
                     select $"{file} uses {other}";

        Assert.Empty(faults.Distinct());
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Room_has_one_door(string room)
    {
        var doors = SourceTree.Files($"src/Server/{room}", "Setup.cs");

        Assert.Equal([$"src/Server/{room}/{room}Setup.cs"], doors);
    }

    [GeneratedRegex(@"\bApex\.Server\.([A-Z]\w*)")]
    private static partial Regex RoomName();
}
