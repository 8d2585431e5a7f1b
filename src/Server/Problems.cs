using System.Globalization;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Microsoft.AspNetCore.Http;

namespace Apex.Server;

/// <summary>Turns refusals into RFC 9457 problem details: one table from error code to HTTP status, for every room.</summary>
internal static class Problems
{
    public const string ContentType = "application/problem+json";

    /// <param name="field">The member of the request that is wrong, if it is one.</param>
    public static IResult From(Refusal refusal, string? field = null) => new Result(refusal, field);

    /// <summary>For code outside an endpoint: writes the same body that <see cref="From"/> would.</summary>
    public static Task WriteAsync(HttpContext context, Refusal refusal, string? field = null, int? status = null)
    {
        var problem = Of(refusal, field, status);
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        if (RetryAfterOf(refusal) is { } wait)
            response.Headers.RetryAfter = wait;

        var body = JsonSerializer.SerializeToUtf8Bytes(problem, ApexJson.Default.Problem);
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>The body of the reply.</summary>
    public static Problem Of(Refusal refusal, string? field = null, int? status = null) => new(
        "about:blank", TitleOf(refusal.Code), status ?? StatusOf(refusal.Code), refusal.Message, refusal.Code, refusal.RetryAfterMs, field);

    /// <summary>The value of <c>Retry-After</c>, whole seconds; null for none.</summary>
    public static string? RetryAfterOf(Refusal refusal) => refusal.RetryAfterMs is { } wait
        ? Math.Max(1, (wait + 999) / 1000).ToString(CultureInfo.InvariantCulture)
        : null;

    public static int StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.UnknownType or ErrorCode.InvalidJson or ErrorCode.InvalidMessage or ErrorCode.CursorInvalid => 400,
        ErrorCode.Unauthorized or ErrorCode.TokenExpired or ErrorCode.InvalidCredentials => 401,
        ErrorCode.Forbidden or ErrorCode.OriginNotAllowed => 403,
        ErrorCode.NotFound => 404,
        ErrorCode.EmailTaken or ErrorCode.IdempotencyConflict or ErrorCode.AlreadyEnded or ErrorCode.AlreadyDecided or ErrorCode.Busy
            or ErrorCode.DuplicateRunId or ErrorCode.Interrupted or ErrorCode.Cancelled => 409,
        ErrorCode.MessageTooLarge => 413,
        ErrorCode.ContentEmpty or ErrorCode.ContentTooLong or ErrorCode.WeakPassword or ErrorCode.InvalidArguments
            or ErrorCode.InvalidFile => 422,
        ErrorCode.AccountLocked => 423,
        ErrorCode.RateLimited or ErrorCode.TooManyConnections or ErrorCode.TooManyRuns => 429,
        ErrorCode.NotAvailable => 501,
        ErrorCode.NotReady or ErrorCode.StorageUnavailable => 503,
        ErrorCode.DeadlineExceeded => 504,
        _ => 500,
    };

    private static string TitleOf(ErrorCode code)
    {
        var words = JsonNamingPolicy.SnakeCaseLower.ConvertName(code.ToString()).Replace('_', ' ');
        return char.ToUpperInvariant(words[0]) + words[1..];
    }

    private sealed class Result(Refusal refusal, string? field) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext, refusal, field);
    }
}
