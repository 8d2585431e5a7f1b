using System.Text.Json;
using Apex.Protocol.Errors;
using Apex.Storage.Feed;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations;

/// <summary>
/// The one place where what went wrong becomes an HTTP reply: exceptions, and statuses that the framework sets without a body. Nothing
/// of an exception is shown but what is safe; the log has the rest under the same support code.
/// </summary>
internal sealed partial class ErrorReplies(HttpMetrics metrics, ILogger<ErrorReplies> log)
{
    private static readonly Refusal TooLarge = new(ErrorCode.MessageTooLarge, "The request body is larger than this call takes.");

    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null })
                await Problems.WriteAsync(context, Bare(context), status: context.Response.StatusCode);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there any more to be told, and that somebody left is no error.
            LogGone(log, context.Request.Method, context.Request.Path);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await ReplyAsync(context, e);
        }
        finally
        {
            metrics.Count(context.Response.StatusCode);
        }
    }

    private Task ReplyAsync(HttpContext context, Exception exception)
    {
        context.Response.Clear();
        switch (exception)
        {
            case BadHttpRequestException bad:
                return Problems.WriteAsync(context, BadRequest(bad), status: bad.StatusCode);
            case StorageUnavailableException away:
                LogStore(log, away);
                return Problems.WriteAsync(context, new Refusal(
                    ErrorCode.StorageUnavailable, away.Message, ErrorSeverity.Critical, (long)away.RetryAfter.TotalMilliseconds));
            default:
                LogFault(log, context.Request.Method, context.Request.Path, context.TraceIdentifier, exception);
                return Problems.WriteAsync(context, Fault(context));
        }
    }

    private static Refusal Fault(HttpContext context) => new(
        ErrorCode.InternalError,
        $"Something went wrong on the server. Tell its operator the code {context.TraceIdentifier}.",
        ErrorSeverity.Critical);

    private static Refusal BadRequest(BadHttpRequestException bad) => (bad.StatusCode, bad.InnerException) switch
    {
        (StatusCodes.Status413PayloadTooLarge, _) => TooLarge,
        (_, JsonException json) => new Refusal(
            ErrorCode.InvalidJson, $"The body is not the JSON this call takes, at {json.Path ?? "$"}, line {json.LineNumber + 1 ?? 1}."),
        _ => new Refusal(ErrorCode.InvalidMessage, bad.Message),
    };

    private static Refusal Bare(HttpContext context)
    {
        var request = context.Request;
        return context.Response.StatusCode switch
        {
            401 => new Refusal(ErrorCode.Unauthorized, "Log in first."),
            403 => new Refusal(ErrorCode.Forbidden, "This account may not do that."),
            404 => new Refusal(ErrorCode.NotFound, $"There is nothing at {request.Path}."),
            405 => new Refusal(
                ErrorCode.InvalidMessage, $"{request.Method} is not for {request.Path}; it takes {context.Response.Headers.Allow}."),
            413 => TooLarge,
            415 => new Refusal(ErrorCode.InvalidMessage, "Send the body as Content-Type: application/json."),
            429 => new Refusal(ErrorCode.RateLimited, "Too many requests.", RetryAfterMs: 1_000),
            >= 500 => Fault(context),
            _ => new Refusal(ErrorCode.InvalidMessage, "The request cannot be understood."),
        };
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} {Path}: the client left")]
    private static partial void LogGone(ILogger logger, string method, PathString path);

    [LoggerMessage(Level = LogLevel.Error, Message = "The store is unavailable")]
    private static partial void LogStore(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed; support code {SupportCode}")]
    private static partial void LogFault(ILogger logger, string method, PathString path, string supportCode, Exception exception);
}
