using System.Diagnostics.CodeAnalysis;

namespace Apex.Server.Accounts;

/// <summary>One entry of the origin list: scheme, host pattern and port.</summary>
/// <param name="Port">Null for any.</param>
internal sealed record AllowedOrigin(string Scheme, string Host, int? Port)
{
    private const string Part = "*";

    /// <param name="text">As <c>https://*.example.com:8443</c>; <c>*</c> stands for exactly one part of the host name.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out AllowedOrigin? origin)
    {
        // Uri refuses a star in a host; a letter that stands for it shows whether the rest is well-formed.
        origin = Uri.TryCreate(text.Replace(Part, "x", StringComparison.Ordinal), UriKind.Absolute, out var uri) && IsBare(uri, text)
            ? new AllowedOrigin(uri.Scheme, HostIn(text), uri.Port)
            : null;
        return origin is not null;
    }

    public bool Matches(Uri origin) =>
        origin.Scheme == Scheme && (Port is null || origin.Port == Port) && MatchesHost(origin.Host);

    private bool MatchesHost(string host)
    {
        if (!Host.Contains('*', StringComparison.Ordinal))
            return host.Equals(Host, StringComparison.OrdinalIgnoreCase);

        var (pattern, parts) = (Host.Split('.'), host.Split('.'));
        return pattern.Length == parts.Length
            && pattern.Zip(parts).All(pair => pair.First == Part || pair.First.Equals(pair.Second, StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsBare(Uri uri, string text) =>
        uri.Scheme is "http" or "https" && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0
        && HostIn(text).Split('.').All(part => part == Part || !part.Contains('*', StringComparison.Ordinal));

    private static string HostIn(string text)
    {
        var afterScheme = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..].TrimEnd('/');
        var port = afterScheme.LastIndexOf(':');
        return port > afterScheme.LastIndexOf(']') ? afterScheme[..port] : afterScheme;
    }
}
