using Apex.Protocol.Errors;
using Apex.Protocol.Http;

namespace Apex.Server.Accounts;

/// <summary>What became of a registration, a log-in or a refresh.</summary>
internal abstract record SignInOutcome
{
    private SignInOutcome()
    {
    }

    public sealed record SignedIn(TokenReply Tokens) : SignInOutcome;

    /// <param name="Field">The member of the request that is wrong, if it is one.</param>
    public sealed record Refused(Refusal Why, string? Field = null) : SignInOutcome
    {
        public Refused(ErrorCode code, string message, string? field = null, TimeSpan? retryAfter = null)
            : this(new Refusal(code, message, ErrorSeverity.High, (long?)retryAfter?.TotalMilliseconds), field)
        {
        }
    }
}
