using System.Globalization;
using System.Text.RegularExpressions;

namespace Apex.Agents.Planning;

/// <summary>
/// Refuses what is no question: texts outside the allowed length, and texts that try to change the agents' instructions. The planner
/// cannot be talked into anything; refusing keeps such texts away from a chat model and out of follow-up context.
/// </summary>
internal static partial class QuestionGuard
{
    public const int MaxCharacters = 32_000;

    /// <summary>Why the question is refused, as a sentence for the user; null when it is fine.</summary>
    public static string? Refuse(string question)
    {
        if (string.IsNullOrWhiteSpace(question))
            return "The message is empty; a question has 1 to 32,000 characters.";
        if (question.Length > MaxCharacters)
            return string.Create(
                CultureInfo.InvariantCulture,
                $"The message has {question.Length:N0} characters; at most {MaxCharacters:N0} are read. Import long data as a file instead.");
        return Injection().Match(question) is { Success: true } match
            ? $"The message asks the agents to change their instructions (\"{Shown(match.Value)}\"), which they do not. Ask about your usage log."
            : null;
    }

    private static string Shown(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= 60 ? line : line[..59] + "…";
    }

    [GeneratedRegex(
        @"\b(ignore|disregard|forget|override|bypass)\b[^.?!\n]{0,40}\b(previous|prior|above|earlier|all|any|your|system|these|the)\b[^.?!\n]{0,30}\b(instructions?|prompts?|rules?|guidelines|directives|context)\b"
        + @"|\b(reveal|show|print|repeat|leak|output|give me)\b[^.?!\n]{0,30}\b(your|the|hidden)\s+(system|hidden|initial|secret)\s*(prompt|instructions?|message|rules)\b"
        + @"|\byou are now\b[^.?!\n]{0,60}\b(dan|jailb\w*|unrestricted|developer mode|root|admin\w*)\b"
        + @"|\b(act|pretend|behave|respond)\b[^.?!\n]{0,20}\b(as|like)\b[^.?!\n]{0,40}\b(no|without|unrestricted)\b[^.?!\n]{0,20}\b(restrictions?|rules?|limits?|filters?|unrestricted)\b"
        + @"|\b(developer|god|jailbreak|dan) mode\b"
        + @"|<\|(im_start|im_end|system|endoftext)\|>|\[/?INST\]|<</?SYS>>"
        + @"|^[ \t]*(system|assistant)[ \t]*:\s",
        RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex Injection();
}
