using System.Data.Common;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Text.Json;

namespace Apex.Protocol.Errors;

/// <summary>The classes of errors and what is said about each: severity, a friendly sentence, three suggestions.</summary>
public static class ErrorClasses
{
    public static readonly ErrorAdvice Authentication = new(
        "authentication", ErrorSeverity.Critical, "Your log-in is no longer valid.",
        ["Log in again.", "Check that the account is still active.", "Ask an administrator if logging in fails."],
        IsRecoverable: false, TimeSpan.Zero);

    public static readonly ErrorAdvice Authorization = new(
        "authorization", ErrorSeverity.Critical, "Your account is not allowed to do this.",
        ["Check that you are logged in with the right account.", "Ask an administrator for the permission.", "Ask for something your role covers."],
        IsRecoverable: false, TimeSpan.Zero);

    public static readonly ErrorAdvice Database = new(
        "database", ErrorSeverity.Critical, "The data store cannot be reached at the moment.",
        ["Wait a moment: the work is tried again by itself.", "Send the message again in a minute.", "Ask an administrator to check disk space and the data folder."],
        IsRecoverable: true, TimeSpan.FromSeconds(5));

    public static readonly ErrorAdvice Network = new(
        "network", ErrorSeverity.Critical, "A connection that the work needs was lost.",
        ["Wait a moment: the connection is made again by itself.", "Check your own connection.", "Send the message again in a minute."],
        IsRecoverable: true, TimeSpan.FromSeconds(2));

    public static readonly ErrorAdvice Timeout = new(
        "timeout", ErrorSeverity.High, "A step took longer than it may.",
        ["Ask about a shorter period or fewer models.", "Send the message again.", "Split the question into smaller ones."],
        IsRecoverable: true, TimeSpan.FromSeconds(5));

    public static readonly ErrorAdvice RateLimit = new(
        "rate_limit", ErrorSeverity.High, "More was asked for than the limit allows at the moment.",
        ["Wait until the limit is free again.", "Send fewer messages at once.", "Ask for a higher tier if this happens often."],
        IsRecoverable: true, TimeSpan.FromSeconds(30));

    public static readonly ErrorAdvice Validation = new(
        "validation", ErrorSeverity.High, "Something in the request could not be used as it is.",
        ["Check names, dates and amounts in the question.", "Put the question in other words.", "Look at the examples for what can be asked."],
        IsRecoverable: false, TimeSpan.Zero);

    public static readonly ErrorAdvice General = new(
        "general", ErrorSeverity.Medium, "A step did not work; the rest of the answer goes on without it.",
        ["Read what the answer says is missing.", "Send the message again.", "Report the support code if it happens again."],
        IsRecoverable: true, TimeSpan.FromSeconds(1));

    /// <summary>Words in the name of an error's type, most telling first.</summary>
    private static readonly (string Word, ErrorAdvice Advice)[] ByWord =
    [
        ("authentication", Authentication), ("unauthenticated", Authentication), ("credential", Authentication),
        ("authorization", Authorization), ("unauthorized", Authorization), ("permission", Authorization), ("forbidden", Authorization),
        ("ratelimit", RateLimit), ("rate_limit", RateLimit), ("toomany", RateLimit), ("too_many", RateLimit),
        ("timeout", Timeout), ("deadline", Timeout),
        ("database", Database), ("storage", Database), ("sqlite", Database), ("npgsql", Database),
        ("network", Network), ("connection", Network), ("socket", Network), ("http", Network),
        ("validation", Validation), ("argument", Validation), ("invalid_", Validation), ("format", Validation), ("json", Validation),
    ];

    /// <summary>By the exception's type, its base types and what caused it.</summary>
    public static ErrorAdvice For(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        for (var current = exception; current is not null; current = current.InnerException)
        {
            var advice = current switch
            {
                AuthenticationException => Authentication,
                UnauthorizedAccessException => Authorization,
                DbException => Database,
                TimeoutException or OperationCanceledException => Timeout,
                HttpRequestException { StatusCode: System.Net.HttpStatusCode.TooManyRequests } => RateLimit,
                HttpRequestException or SocketException or WebSocketException => Network,
                ArgumentException or FormatException or JsonException => Validation,
                _ => For(current.GetType().Name),
            };
            if (advice != General)
                return advice;
        }

        return General;
    }

    /// <summary>By the words in a type's name or in an <c>error_type</c>.</summary>
    public static ErrorAdvice For(string errorType)
    {
        ArgumentNullException.ThrowIfNull(errorType);
        foreach (var (word, advice) in ByWord)
        {
            if (errorType.Contains(word, StringComparison.OrdinalIgnoreCase))
                return advice;
        }

        return General;
    }
}
