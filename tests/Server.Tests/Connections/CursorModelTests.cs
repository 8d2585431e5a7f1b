using System.Buffers.Binary;
using System.Text.Json;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Server.Connections.Dialects;
using Apex.Server.Connections.Framing;
using Apex.Server.Connections.Live;
using Apex.Storage.Feed;
using Apex.Storage.Sqlite;
using Apex.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Apex.Server.Tests.Connections;

/// <summary>
/// Feed and cursor against a model as simple as the promise: an event is in the list or trimmed from its front, and a reader that
/// resumes anywhere sees exactly what the list holds after it. Random histories by seed; a failure names its seed.
/// </summary>
public sealed class CursorModelTests
{
    private const int Seeds = 120;
    private const int StepsPerSeed = 120;

    [Fact]
    public async Task Whatever_happens_to_feed_and_readers_each_reader_sees_what_the_model_says()
    {
        using var folder = new TemporaryFolder();
        var options = new SqliteStorageOptions
        {
            // Small enough that readers fall out of memory all the time.
            Folder = folder.Path, Durability = Storage.Durability.ProcessDeath, HotEventsPerUser = 7,
        };
        await using var store = await SqliteStore.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var history = new History(store, seed);
            try
            {
                for (var step = 0; step < StepsPerSeed; step++)
                    await history.StepAsync();
                await history.ReadAllToTheEndAsync();
            }
            catch (Xunit.Sdk.XunitException failure)
            {
                Assert.Fail($"Seed {seed}: {failure.Message}");
            }
        }
    }

    private sealed class History(SqliteStore store, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly UserId _user = UserId.New();
        private readonly List<Reader> _readers = [];
        private long _head;
        private long _trimmedTo;

        public async Task StepAsync()
        {
            switch (_random.Next(10))
            {
                case < 4:
                    await AppendAsync(_random.Next(1, 6));
                    break;
                case 4 when _random.Next(3) == 0:
                    await store.Retention.TrimAsync(_user, DateTimeOffset.MaxValue, CancellationToken.None);
                    _trimmedTo = _head;
                    break;
                case 5 when _readers.Count < 6:
                    Resume();
                    break;
                case 6 when _readers.Count > 0:
                    // Cut: whoever comes back comes back with what it has seen.
                    _readers.RemoveAt(_random.Next(_readers.Count));
                    break;
                default:
                    if (_readers.Count > 0)
                        await ReadAsync(_readers[_random.Next(_readers.Count)]);
                    break;
            }
        }

        public async Task ReadAllToTheEndAsync()
        {
            foreach (var reader in _readers)
            {
                // No reader needs more reads than there are events, the gap and the word that it is caught up.
                for (var reads = 0; !reader.IsAtTheEnd; reads++)
                {
                    Assert.True(reads < _head + 3, "A reader gets no further.");
                    await ReadAsync(reader);
                }

                Assert.Equal(_head, reader.Seen);
                Assert.True(reader.IsCaughtUp);
            }
        }

        private async Task AppendAsync(int count)
        {
            var thread = Some.Thread();
            var context = new EventContext(_user, thread.Id, null, null, null);
            var events = Enumerable.Range(0, count).Select(_ => new ThreadRenamed(thread) { ThreadId = thread.Id, Context = context });
            var stored = Assert.IsType<AppendOutcome.Stored>(await store.Feed.AppendAsync(
                new FeedAppend { User = _user, Events = [.. events] }, CancellationToken.None));
            _head += count;
            Assert.Equal(_head, stored.LastSeq);
            foreach (var reader in _readers)
                reader.IsAtTheEnd = false;
        }

        private void Resume()
        {
            // Anything from the beginning to beyond the head, and now and then under the epoch of another feed.
            var after = _random.NextInt64(0, _head + 3);
            var isForeign = _random.Next(8) == 0;
            var cursor = new FeedCursor(store.Feed, _user, new ApexDialect(), TimeProvider.System);
            cursor.Start(after, isForeign ? "another" : store.Feed.Epoch, claimed: true, announce: true);
            _readers.Add(new Reader(cursor, after, isForeign));
        }

        private async Task ReadAsync(Reader reader)
        {
            reader.Begin(_head, _trimmedTo);
            if (reader.Seen < _trimmedTo)
                reader.Seen = reader.Seen == 0 ? _trimmedTo : null;
            using var batch = new FrameBatch();
            reader.IsAtTheEnd = await reader.Cursor.FillAsync(batch, _random.Next(200, 4_000), CancellationToken.None);
            foreach (var frame in Texts(batch.Bytes))
            {
                switch (frame.Type())
                {
                    case "gap":
                        Assert.Null(reader.Seen);
                        Assert.Equal(_trimmedTo + 1, frame.GetProperty("earliest").GetInt64());
                        reader.Seen = _trimmedTo;
                        break;
                    case "caught_up":
                        Assert.False(reader.IsCaughtUp);
                        Assert.Equal(reader.Seen, frame.Seq());
                        reader.IsCaughtUp = true;
                        break;
                    case "backlog":
                        Assert.Equal(_head - reader.Seen, frame.GetProperty("pending").GetInt64());
                        break;
                    default:
                        Assert.Equal(reader.Seen + 1, frame.Seq());
                        reader.Seen = frame.Seq();
                        break;
                }
            }
        }

        /// <summary>The frames as a client reads them: unmasked, each whole.</summary>
        private static IEnumerable<JsonElement> Texts(ReadOnlyMemory<byte> bytes)
        {
            for (var at = 0; at < bytes.Length;)
            {
                var (header, length) = bytes.Span[at + 1] switch
                {
                    126 => (4, BinaryPrimitives.ReadUInt16BigEndian(bytes.Span[(at + 2)..])),
                    127 => (10, (int)BinaryPrimitives.ReadUInt64BigEndian(bytes.Span[(at + 2)..])),
                    var small => (2, small),
                };
                yield return JsonSerializer.Deserialize<JsonElement>(bytes.Span.Slice(at + header, length));
                at += header + length;
            }
        }
    }

    private sealed class Reader(FeedCursor cursor, long after, bool isForeign)
    {
        private bool _hasBegun;

        public FeedCursor Cursor { get; } = cursor;

        /// <summary>Null while a gap is due.</summary>
        public long? Seen { get; set; }

        public bool IsCaughtUp { get; set; }

        public bool IsAtTheEnd { get; set; }

        /// <summary>What the claim means is decided at the first read.</summary>
        public void Begin(long head, long trimmedTo)
        {
            if (_hasBegun)
                return;
            _hasBegun = true;
            Seen = after > 0 && (isForeign || after > head || after < trimmedTo) ? null : after;
        }
    }
}
