namespace Apex.Usage.Tests.Tools;

public sealed class SufficiencyToolTests(AiderLog aider) : IClassFixture<AiderLog>
{
    [Theory]
    [InlineData("overview", "full")]
    [InlineData("trust", "full")]
    [InlineData("who", "full")]
    [InlineData("reduce", "partial")]
    [InlineData("caching", "partial")]
    [InlineData("latency", "none")]
    public async Task Real_log_answers_some_questions_and_not_others(string intent, string answerable)
    {
        var answer = await aider.RunAsync("sufficiency", $$"""{"intent": "{{intent}}"}""");

        Assert.Equal(answerable, answer.Text("/answerable"));
    }

    [Fact]
    public async Task Missing_fields_are_named_with_the_smallest_thing_to_log_next()
    {
        var answer = await aider.RunAsync("sufficiency", """{"intent": "caching"}""");

        Assert.Equal("prefix_block_hashes", answer.Text("/missing/0/name"));
        Assert.Equal("prefix_block_hashes", answer.Text("/smallest_next/name"));
        Assert.Contains("hashes", answer.Text("/smallest_next/step"));
        Assert.True(answer.Number("/smallest_next/completeness_after") > answer.Number("/completeness"));
    }

    [Fact]
    public async Task Empty_log_can_answer_nothing()
    {
        await using var log = await ToolLog.WithAsync([]);

        var answer = await log.RunAsync("sufficiency");

        Assert.Equal("none", answer.Text("/answerable"));
        Assert.Equal(0, answer.Number("/completeness"));
        Assert.Equal("rows", answer.Text("/smallest_next/name"));
    }
}
