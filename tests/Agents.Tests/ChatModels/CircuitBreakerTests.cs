using Apex.Agents.Dependencies;
using Apex.Testing;

namespace Apex.Agents.Tests.ChatModels;

public sealed class CircuitBreakerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly CircuitBreaker _breaker;

    public CircuitBreakerTests() => _breaker = new CircuitBreaker(_time);

    [Fact]
    public void Opens_after_failures_in_a_row_and_lets_one_try_after_its_rest()
    {
        Fail(CircuitBreaker.FailuresToOpen);

        Assert.Null(_breaker.TryEnter());
        var trial = EnterAfterRest();
        Assert.Null(_breaker.TryEnter());
        Assert.True(_breaker.Succeeded(trial));
        Enter();
        Enter();
    }

    [Fact]
    public void A_failed_try_begins_the_rest_anew()
    {
        Fail(CircuitBreaker.FailuresToOpen);

        Assert.True(_breaker.Failed(EnterAfterRest()));

        Assert.Null(_breaker.TryEnter());
        EnterAfterRest();
    }

    [Fact]
    public void A_try_that_was_cancelled_lets_the_next_one_try()
    {
        Fail(CircuitBreaker.FailuresToOpen);

        _breaker.Left(EnterAfterRest());

        Enter();
    }

    [Fact]
    public void A_success_forgets_the_failures_before_it()
    {
        Fail(CircuitBreaker.FailuresToOpen - 1);
        Assert.False(_breaker.Succeeded(Enter()));
        Fail(CircuitBreaker.FailuresToOpen - 1);

        Enter();
    }

    [Theory]
    [InlineData("left")]
    [InlineData("failed")]
    [InlineData("succeeded")]
    public void A_call_made_before_the_server_was_given_up_does_not_end_the_one_trial(string end)
    {
        var late = Enter();
        Fail(CircuitBreaker.FailuresToOpen);
        var trial = EnterAfterRest();

        Assert.False(End(late, end));

        Assert.True(_breaker.IsOpen);
        Assert.Null(_breaker.TryEnter());
        Assert.True(_breaker.Succeeded(trial));
    }

    [Theory]
    [InlineData("failed")]
    [InlineData("succeeded")]
    public void A_call_that_comes_back_while_the_server_rests_neither_ends_nor_lengthens_its_rest(string end)
    {
        var late = Enter();
        Fail(CircuitBreaker.FailuresToOpen);
        _time.Advance(CircuitBreaker.Rest / 2);

        Assert.False(End(late, end));

        Assert.Null(_breaker.TryEnter());
        _time.Advance(CircuitBreaker.Rest / 2);
        Enter();
    }

    [Fact]
    public void Failures_of_before_do_not_count_against_a_server_that_is_back()
    {
        var late = Enumerable.Range(0, CircuitBreaker.FailuresToOpen).Select(_ => Enter()).ToArray();
        Fail(CircuitBreaker.FailuresToOpen);
        _breaker.Succeeded(EnterAfterRest());

        Assert.All(late, pass => Assert.False(_breaker.Failed(pass)));

        Assert.False(_breaker.IsOpen);
    }

    private CircuitBreaker.Pass Enter() => Assert.NotNull(_breaker.TryEnter());

    private CircuitBreaker.Pass EnterAfterRest()
    {
        _time.Advance(CircuitBreaker.Rest);
        return Enter();
    }

    private bool End(CircuitBreaker.Pass pass, string how)
    {
        switch (how)
        {
            case "failed":
                return _breaker.Failed(pass);
            case "succeeded":
                return _breaker.Succeeded(pass);
            default:
                _breaker.Left(pass);
                return false;
        }
    }

    private void Fail(int times)
    {
        for (var i = 0; i < times; i++)
            _breaker.Failed(Enter());
    }
}
