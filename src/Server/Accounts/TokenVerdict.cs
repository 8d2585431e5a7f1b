using Apex.Protocol.Errors;

namespace Apex.Server.Accounts;

/// <summary>What became of an access token.</summary>
internal abstract record TokenVerdict
{
    private TokenVerdict()
    {
    }

    public sealed record Valid(Principal Principal) : TokenVerdict;

    /// <param name="Code"><see cref="ErrorCode.TokenExpired"/> or <see cref="ErrorCode.Unauthorized"/>.</param>
    /// <param name="Message">Safe to show; never quotes the token.</param>
    public sealed record Refused(ErrorCode Code, string Message) : TokenVerdict;
}
