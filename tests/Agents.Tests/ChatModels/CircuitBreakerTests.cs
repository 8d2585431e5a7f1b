using Apex.Agents.Dependencies;
using Apex.Testing;

namespace Apex.Agents.Tests.ChatModels;

public sealed class CircuitBreakerTests
{
    [Fact]
    public void Opens_after_failures_in_a_row_and_lets_one_try_after_its_rest()
    {
        var time = new FakeTimeProvider();
        var breaker = new CircuitBreaker(time);
        Fail(breaker, CircuitBreaker.FailuresToOpen);

        Assert.False(breaker.TryEnter());
        time.Advance(CircuitBreaker.Rest);
        Assert.True(breaker.TryEnter());
        Assert.False(breaker.TryEnter());
        breaker.Succeeded();
        Assert.True(breaker.TryEnter());
        Assert.True(breaker.TryEnter());
    }

    [Fact]
    public void A_failed_try_begins_the_rest_anew()
    {
        var time = new FakeTimeProvider();
        var breaker = new CircuitBreaker(time);
        Fail(breaker, CircuitBreaker.FailuresToOpen);
        time.Advance(CircuitBreaker.Rest);
        Assert.True(breaker.TryEnter());
        breaker.Failed();

        Assert.False(breaker.TryEnter());
        time.Advance(CircuitBreaker.Rest);
        Assert.True(breaker.TryEnter());
    }

    [Fact]
    public void A_try_that_was_cancelled_lets_the_next_one_try()
    {
        var time = new FakeTimeProvider();
        var breaker = new CircuitBreaker(time);
        Fail(breaker, CircuitBreaker.FailuresToOpen);
        time.Advance(CircuitBreaker.Rest);
        Assert.True(breaker.TryEnter());
        breaker.Left();

        Assert.True(breaker.TryEnter());
    }

    [Fact]
    public void A_success_forgets_the_failures_before_it()
    {
        var breaker = new CircuitBreaker(new FakeTimeProvider());
        Fail(breaker, CircuitBreaker.FailuresToOpen - 1);
        breaker.Succeeded();
        Fail(breaker, CircuitBreaker.FailuresToOpen - 1);

        Assert.True(breaker.TryEnter());
    }

    private static void Fail(CircuitBreaker breaker, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Assert.True(breaker.TryEnter());
            breaker.Failed();
        }
    }
}
