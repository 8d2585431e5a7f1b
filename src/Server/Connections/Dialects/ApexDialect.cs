using Apex.Protocol.Errors;
using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Server.Connections.Framing;
using Apex.Server.Runs;
using Apex.Storage.Feed;

namespace Apex.Server.Connections.Dialects;

/// <summary>The handshake of <c>apex.v1</c>: the server says who it is, the client says where it left off.</summary>
internal sealed class ApexDialect : Dialect
{
    public const string Subprotocol = "apex.v1";
    private const string TransientLane = "transient";

    private HashSet<ThreadId>? _threads;
    private bool _showsTransient = true;

    public override string Name => Subprotocol;

    public override bool CanRefresh => true;

    public override bool CanConfirm => true;

    public override bool ShowsTransient => _showsTransient;

    public override void Open(Connection connection) => connection.Send(Established(connection, thread: null));

    public override async ValueTask<bool> TryHandshakeAsync(Connection connection, ClientFrame frame)
    {
        if (frame is not Resume resume)
            return false;
        if (connection.Cursor.IsStarted)
        {
            await connection.ReplyAsync(ErrorFrame.From(new Refusal(
                ErrorCode.InvalidMessage, "resume comes once per connection; open another one to read from elsewhere.")));
            return true;
        }

        _threads = resume.Threads is null ? null : [.. resume.Threads];
        _showsTransient = resume.Lanes is null || resume.Lanes.Contains(TransientLane, StringComparer.Ordinal);
        if (resume.After is not null)
            connection.NoteResumed();
        connection.Cursor.Start(
            resume.After ?? connection.HeadAtOpening, resume.Epoch, claimed: resume.After is not null, announce: true);
        connection.Wake();
        return true;
    }

    public override ValueTask<StartRequest> BeforeStartAsync(
        Connection connection, StartRequest request, CancellationToken cancellationToken) => ValueTask.FromResult(request);

    public override void NotStarted(StartRequest request)
    {
        // Nothing was prepared for it.
    }

    public override void Write(FeedEntry entry, FrameBatch batch)
    {
        if (_threads is null || entry.ThreadId is not { } thread || _threads.Contains(thread))
            batch.AddText(entry.Utf8.Span);
    }
}
