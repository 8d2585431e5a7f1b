using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.UsageLog.Ingest;

/// <summary>An <c>ExportTraceServiceResponse</c>, with a partial success when spans were rejected.</summary>
internal sealed record OtlpSuccess(bool IsJson, long Rejected, string? Message) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var body = IsJson
            ? JsonSerializer.SerializeToUtf8Bytes(
                new OtlpReplyBody(Rejected == 0 ? null : new OtlpPartialSuccess(Rejected.ToString(CultureInfo.InvariantCulture), Message)),
                OtlpReplyJson.Default.OtlpReplyBody)
            : Rejected == 0 ? [] : OtlpBinary.Message(output => OtlpBinary.WriteMessage(output, 1, OtlpBinary.Message(partial =>
            {
                partial.WriteTag(1, WireFormat.WireType.Varint);
                partial.WriteInt64(Rejected);
                OtlpBinary.WriteText(partial, 2, Message ?? "");
            })));
        return OtlpBinary.SendAsync(httpContext, IsJson, StatusCodes.Status200OK, body);
    }
}

/// <summary>A refusal, as the <c>google.rpc.Status</c> that exporters look for. 429, 502, 503 and 504 are tried again, others are not.</summary>
internal sealed record OtlpFailure(bool IsJson, int Status, string Message, int? RetryAfterMs = null) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (Status == StatusCodes.Status401Unauthorized)
            httpContext.Response.Headers.WWWAuthenticate = "Bearer";
        if (RetryAfterMs is { } wait)
            httpContext.Response.Headers.RetryAfter = Math.Max(1, (wait + 999) / 1000).ToString(CultureInfo.InvariantCulture);
        var body = IsJson
            ? JsonSerializer.SerializeToUtf8Bytes(new OtlpStatusBody(Message), OtlpReplyJson.Default.OtlpStatusBody)
            : OtlpBinary.Message(output => OtlpBinary.WriteText(output, 2, Message));
        return OtlpBinary.SendAsync(httpContext, IsJson, Status, body);
    }
}

/// <summary>What both replies write in the binary encoding.</summary>
internal static class OtlpBinary
{
    public static byte[] Message(Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
            write(output);
        return stream.ToArray();
    }

    public static void WriteMessage(CodedOutputStream output, int field, byte[] message)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(message));
    }

    public static void WriteText(CodedOutputStream output, int field, string text)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    }

    public static Task SendAsync(HttpContext http, bool isJson, int status, byte[] body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = isJson ? "application/json" : "application/x-protobuf";
        http.Response.ContentLength = body.Length;
        return http.Response.Body.WriteAsync(body, http.RequestAborted).AsTask();
    }
}

internal sealed record OtlpReplyBody(OtlpPartialSuccess? PartialSuccess);

/// <param name="RejectedSpans">A text, as 64-bit numbers are in this JSON.</param>
internal sealed record OtlpPartialSuccess(string RejectedSpans, string? ErrorMessage);

internal sealed record OtlpStatusBody(string Message);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OtlpReplyBody))]
[JsonSerializable(typeof(OtlpStatusBody))]
internal sealed partial class OtlpReplyJson : JsonSerializerContext;
