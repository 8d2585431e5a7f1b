using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Accounts;
using Apex.Storage.Records;

namespace Apex.Testing;

/// <summary>Makers of valid values of which a test names only what it is about.</summary>
public static class Some
{
    private static int _counter;

    public static DateTimeOffset Time { get; } = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    public static string Password => "correct horse battery";

    public static int Number() => Interlocked.Increment(ref _counter);

    public static string Email() => $"person{Number()}-{Guid.NewGuid():N}@example.com";

    public static UserRecord User(
        string? email = null, string organisation = "org_test", Tier tier = Tier.Free, IReadOnlyList<string>? roles = null) => new(
        UserId.New(), email ?? Email(), "Some Person", organisation, tier, roles ?? ["user"], null, Time);

    public static SessionRecord Session(UserId user, string? id = null) => new(
        id ?? $"session_{Guid.NewGuid():N}", user, "a test", Time, Time, Time.AddDays(30));

    public static ThreadView Thread(string title = "Some thread") => new(ThreadId.New(), title, Time, Time, 0);

    public static MessageView Message(ThreadId thread, string content = "What do we spend?", MessageRole role = MessageRole.User) => new(
        MessageId.New(), thread, role, content, Time);

    public static RunRecord Run(UserId user, ThreadId thread, RunState state = RunState.Queued) => new(
        RunId.New(), user, thread, MessageId.New(), state, 1, 1, Time, Time.AddMinutes(1));
}
