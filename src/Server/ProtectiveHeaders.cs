namespace Apex.Server;

/// <summary>What every reply tells a browser not to do with it.</summary>
internal static class ProtectiveHeaders
{
    private static readonly KeyValuePair<string, string>[] Always =
    [
        new("X-Content-Type-Options", "nosniff"),
        new("X-Frame-Options", "DENY"),
        new("Referrer-Policy", "no-referrer"),
        new("Cross-Origin-Opener-Policy", "same-origin"),
        new("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ];

    private static readonly KeyValuePair<string, string>[] InProduction =
        [.. Always, new("Strict-Transport-Security", "max-age=31536000")];

    public static IReadOnlyList<KeyValuePair<string, string>> For(ApexServerOptions options) => options.Production ? InProduction : Always;
}
