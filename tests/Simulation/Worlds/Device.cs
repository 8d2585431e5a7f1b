using Apex.Client;
using Apex.Protocol.Errors;
using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Simulation.Network;
using Apex.Simulation.Turns;

namespace Apex.Simulation.Worlds;

/// <summary>One device: an application on the product's client library that shows every event, and is restarted now and then.</summary>
internal sealed class Device
{
    /// <summary>More than may be sent at once, and few enough that the runs of all of them end in the time to heal.</summary>
    private const int MostUnanswered = 12;

    private readonly World _world;
    private readonly ApexApi _login;
    private readonly HttpClient _http;
    private readonly string _email;
    private ApexConnection? _connection;
    private CancellationTokenSource _session = new();
    private Credentials? _credentials;
    private string? _epoch;
    private int _said;
    private int _begun;

    public Device(World world, string name, UserId user, string email)
    {
        _world = world;
        Name = name;
        User = user;
        _email = email;
        Actor = new Actor(world.Scheduler, name);
        var quality = LinkQuality.Draw(world.Scheduler);
        Sockets = new DeviceSockets(world, Actor, quality);
        _http = new HttpClient(new DeviceHttp(world, Actor, Sockets, quality)) { BaseAddress = new Uri("http://apex"), Timeout = Timeout.InfiniteTimeSpan };
        _login = new ApexApi(_http);
    }

    public string Name { get; }

    public UserId User { get; }

    public Actor Actor { get; }

    public DeviceSockets Sockets { get; }

    /// <summary>What the application saw, over all its lives.</summary>
    public Sight Sight { get; } = new();

    /// <summary>How far its connection has come; 0 between two lives of the application.</summary>
    public long Cursor => _connection?.Cursor ?? 0;

    public ConnectionState State { get; private set; } = ConnectionState.Closed;

    /// <summary>Messages that were neither answered nor given up.</summary>
    public int Unanswered { get; private set; }

    /// <summary>The application still has to do with the event it took last.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>How long the application takes for each event.</summary>
    public Func<TimeSpan>? Slowness { get; set; }

    public void Begin() => Actor.Run(LiveAsync);

    /// <summary>The application ends and begins again from what it has kept.</summary>
    public void Restart() => _session.Cancel();

    /// <summary>Sends a message that nobody else sends.</summary>
    public void Say()
    {
        if (_connection is { } connection && Unanswered + _begun < MostUnanswered)
        {
            _begun++;
            Actor.Run(() => SayAsync(connection, $"{Name} says {++_said}."));
        }
    }

    private async Task LiveAsync()
    {
        while (true)
        {
            if (_credentials is null && !await TryLogInAsync())
            {
                await Actor.DelayAsync(_world.Scheduler.Between(500, 3_000));
                continue;
            }

            _session = new CancellationTokenSource();
            await ReadAsync();
        }
    }

    private async Task<bool> TryLogInAsync()
    {
        try
        {
            _credentials = new Credentials(await _login.LogInAsync(_email, Name, CancellationToken.None), Actor.Clock);
            return true;
        }
        catch (Exception notNow) when (notNow is ServerUnreachableException or ApexRequestException)
        {
            return false;
        }
    }

    private async Task ReadAsync()
    {
        await using var connection = _connection = new ApexConnection(new ApexApi(_http, _credentials), new ApexConnectionOptions
        {
            After = Sight.LastSeq,
            Epoch = Sight.LastSeq == 0 ? null : _epoch,
            BufferedEvents = _world.Options.BufferedEvents,
            LongestRefusal = _world.Options.LongestRefusal,
            Time = Actor.Clock,
            Jitter = _world.Options.NewRandom(),
            Sockets = Sockets,
            StateChanged = Note,
            GapFound = gap => Sight.NoteGap(gap.Earliest),
            Hinted = Check,
        });
        try
        {
            await foreach (var one in connection.ReadAllAsync(_session.Token))
            {
                Take(one, connection);
                IsBusy = Slowness is not null;
                if (Slowness is { } slowness)
                    await Task.Delay(slowness(), Actor.Clock, _session.Token);
                IsBusy = false;
            }
        }
        catch (OperationCanceledException)
        {
            _world.Scheduler.History.Note(Name, "is restarted");
        }
        catch (ApexRequestException refused) when (refused.Status is 401 or 403)
        {
            _world.Scheduler.History.Note(Name, "must log in again");
            _credentials = null;
        }
        finally
        {
            _connection = null;
            IsBusy = false;
        }
    }

    private void Take(ReceivedEvent one, ApexConnection connection)
    {
        _epoch = connection.Epoch;
        _world.Scheduler.History.Note(Name, $"sees {one.Seq} {one.Type} ({one.Utf8.Length} bytes)");
        if (Sight.Take(one.Seq, one.Utf8) is { } fault)
            _world.Scheduler.History.Fail($"{Name}: {fault}");
    }

    private async Task SayAsync(ApexConnection connection, string content)
    {
        _begun--;
        Unanswered++;
        var outcome = SayOutcome.Unknown;
        try
        {
            await connection.SendAsync(content, thread: null, CancellationToken.None);
            outcome = SayOutcome.Accepted;
        }
        catch (ApexRequestException refused) when (refused.Status == 0 && refused.Code is not (ErrorCode.StorageUnavailable or ErrorCode.InternalError))
        {
            outcome = SayOutcome.Refused;
        }
        catch (Exception given) when (given is ApexRequestException or OperationCanceledException or ObjectDisposedException)
        {
            // Whether the server has it is open: it may have it once, or not.
            outcome = SayOutcome.Unknown;
        }

        Unanswered--;
        _world.Scheduler.History.Note(Name, $"\"{content}\" {outcome}");
        _world.Said(this, content, outcome);
    }

    private void Note(ConnectionState state)
    {
        State = state;
        // Late attempts of its own can take its place more than once; its user wants it back.
        if (state == ConnectionState.Replaced)
            _connection?.TakeBack();
        _world.Scheduler.History.Note(Name, state.ToString());
    }

    private void Check(ServerFrame frame)
    {
        if (frame is TextDelta delta && delta.Delta != $"for {User}")
            _world.Scheduler.History.Fail($"{Name} of {User} was shown a frame {delta.Delta}.");
    }
}

/// <summary>What became of a message, as its sender was told.</summary>
internal enum SayOutcome
{
    Unknown,
    Accepted,
    Refused,
}
