using System.Text;
using System.Text.RegularExpressions;
using Apex.Agents.ChatModels;

namespace Apex.Agents.Conversing;

/// <summary>
/// A model's answer while it comes. Words are shown as they arrive; a sentence with a number in it only when it is whole and its
/// numbers were found in the results. So nobody ever sees a number that no result holds, not even for a moment.
/// </summary>
/// <param name="show">Shows words at an offset of the draft, in place of what stood there; false when they could not be shown now.</param>
internal sealed partial class CheckedDraft(ModelFigures figures, TimeProvider time, Func<string, int, bool> show) : IReplyListener
{
    /// <summary>Readers see no difference below this, and each showing costs a frame for each of the user's devices.</summary>
    private static readonly TimeSpan ShowEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>What has no end by then is taken as a sentence, so that a text without any costs no more than others.</summary>
    private const int LongestSentence = 2_000;

    private readonly StringBuilder _kept = new();
    private readonly List<string> _faults = [];
    private string _pending = "";
    private string _shown = "";
    private long _lastShown;

    /// <summary>What was left out, and why.</summary>
    public IReadOnlyList<string> Faults => _faults;

    public void Heard(string text)
    {
        _pending += text;
        while (SentenceEnd().Match(_pending) is { Success: true } end)
        {
            Take(_pending[..(end.Index + end.Length)]);
            _pending = _pending[(end.Index + end.Length)..];
        }

        if (_pending.Length > LongestSentence)
        {
            Take(_pending);
            _pending = "";
        }

        if (time.GetElapsedTime(_lastShown) >= ShowEvery)
            Show(_kept + Tail());
    }

    public void StartOver()
    {
        _kept.Clear();
        _faults.Clear();
        _pending = "";
        Show("");
    }

    /// <returns>The answer: every sentence that holds.</returns>
    public string Finish()
    {
        if (_pending.Length > 0)
            Take(_pending);
        _pending = "";
        Show(_kept.ToString());
        return _kept.ToString().Trim();
    }

    private void Take(string sentence)
    {
        var clean = ModelText.Clean(sentence);
        var found = figures.Check(clean);
        if (found.Count == 0)
        {
            _kept.Append(clean);
            return;
        }

        _faults.AddRange(found);
        // The break of a line outlives the sentence on it, and bold letters must end where they began.
        if (clean.Split("**").Length % 2 == 0)
            _kept.Append("**");
        if (clean.EndsWith('\n'))
            _kept.Append('\n');
    }

    /// <summary>As much of the unfinished sentence as can turn out to hold nothing that must be checked: whole plain words.</summary>
    private string Tail()
    {
        if (!ModelText.IsPlain(_pending))
            return "";
        var end = _pending.LastIndexOf(' ');
        return end < 0 ? "" : _pending[..(end + 1)];
    }

    private void Show(string whole)
    {
        var same = 0;
        var most = Math.Min(whole.Length, _shown.Length);
        while (same < most && whole[same] == _shown[same])
            same++;
        if (same == whole.Length && same == _shown.Length)
            return;
        if (!show(whole[same..], same))
            return;
        _shown = whole;
        _lastShown = time.GetTimestamp();
    }

    /// <summary>A line's end, or a sentence's: the mark that ends it and the space after it, so that the point of 3.5 is none.</summary>
    [GeneratedRegex(@"\n+|(?<=[.!?]\*{0,2})[ \t]+(?=\S)")]
    private static partial Regex SentenceEnd();
}
