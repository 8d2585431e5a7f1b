using Apex.Agents.Tests.House;
using Apex.Protocol.Http;

namespace Apex.Agents.Tests.Quality;

/// <summary>Whether answers are right, and stay so: over repetition, over other words, over the turns of a conversation.</summary>
public sealed class ResponseQualityTests(ResponseQualityTests.KnownLog log, ITestOutputHelper output) : IClassFixture<ResponseQualityTests.KnownLog>
{
    public static TheoryData<int> Cases => [.. Enumerable.Range(0, QualityCases.All.Count)];

    [Fact]
    public void There_are_at_least_sixty_questions() => Assert.True(QualityCases.All.Count >= 60, $"{QualityCases.All.Count} questions");

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_answer_says_what_is_true(int index)
    {
        var asked = QualityCases.All[index];

        var run = await AnswerAsync(asked);

        output.WriteLine(asked.ToString());
        output.WriteLine(run.Report.Kind + " " + run.Report.Title + "\n" + run.Completed.Summary);
        Assert.Empty(AnswerScore.FaultsOf(run, asked, log.Facts));
        run.AssertEveryFigureIsHeld(AiderHouse.Extent);
    }

    [Fact]
    public async Task The_same_question_gets_the_same_answer_every_time()
    {
        foreach (var asked in QualityCases.All.Where((_, index) => index % 8 == 0))
            Assert.Equal((await AnswerAsync(asked)).Report.Markdown, (await AnswerAsync(asked)).Report.Markdown);
    }

    private async Task<RecordedRun> AnswerAsync(QualityCase asked)
    {
        var history = new List<MessageView>();
        foreach (var turn in asked.Turns.SkipLast(1))
            history.Add((await log.House.AnswerAsync(turn, [.. history])).Reply!);
        return await log.House.AnswerAsync(asked.Turns[^1], history);
    }

    /// <summary>The Aider log and what is true of it, read once.</summary>
    public sealed class KnownLog : IAsyncLifetime
    {
        private readonly AiderHouse _aider = new();

        internal AgentHouse House => _aider.House;

        internal AiderFacts Facts { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            await _aider.InitializeAsync();
            Facts = await AiderFacts.ReadAsync(House);
        }

        public ValueTask DisposeAsync() => _aider.DisposeAsync();
    }
}
