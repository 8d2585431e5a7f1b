using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using Apex.Protocol.Errors;
using Apex.Storage.Feed;

namespace Apex.Protocol.Tests.Errors;

public sealed class ErrorClassesTests
{
    public static TheoryData<Exception, string, ErrorSeverity> Exceptions => new()
    {
        { new AuthenticationException(), "authentication", ErrorSeverity.Critical },
        { new UnauthorizedAccessException(), "authorization", ErrorSeverity.Critical },
        { new StorageUnavailableException("The disk is full."), "database", ErrorSeverity.Critical },
        { new SocketException(), "network", ErrorSeverity.Critical },
        { new HttpRequestException(), "network", ErrorSeverity.Critical },
        { new HttpRequestException("slow down", null, System.Net.HttpStatusCode.TooManyRequests), "rate_limit", ErrorSeverity.High },
        { new TimeoutException(), "timeout", ErrorSeverity.High },
        { new JsonException(), "validation", ErrorSeverity.High },
        { new InvalidOperationException("wrapped", new TimeoutException()), "timeout", ErrorSeverity.High },
        { new InvalidOperationException(), "general", ErrorSeverity.Medium },
    };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void An_exception_is_classed_by_its_type_and_cause(Exception exception, string type, ErrorSeverity severity)
    {
        var advice = ErrorClasses.For(exception);

        Assert.Equal((type, severity), (advice.ErrorType, advice.Severity));
    }

    [Theory]
    [InlineData("authentication", "authentication")]
    [InlineData("rate_limit", "rate_limit")]
    [InlineData("RateLimitExceeded", "rate_limit")]
    [InlineData("database", "database")]
    [InlineData("network", "network")]
    [InlineData("validation", "validation")]
    [InlineData("tool_broke", "general")]
    public void An_error_type_is_classed_by_its_words(string errorType, string expected) =>
        Assert.Equal(expected, ErrorClasses.For(errorType).ErrorType);

    [Theory]
    [InlineData("authentication")]
    [InlineData("authorization")]
    [InlineData("database")]
    [InlineData("network")]
    [InlineData("timeout")]
    [InlineData("rate_limit")]
    [InlineData("validation")]
    [InlineData("general")]
    public void Each_class_has_a_sentence_and_three_suggestions_and_knows_itself_by_name(string errorType)
    {
        var advice = ErrorClasses.For(errorType);

        Assert.Equal(errorType, advice.ErrorType);
        Assert.EndsWith(".", advice.UserFriendlyMessage);
        Assert.Equal(3, advice.RecoverySuggestions.Distinct().Count());
    }
}
