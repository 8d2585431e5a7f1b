using System.Text.RegularExpressions;

namespace Apex.Agents.Planning;

/// <summary>Recognises what a question wants by its words. English; one pattern per intent, read on lower-case text.</summary>
internal static partial class IntentLexicon
{
    private const int MaxIntents = 3;

    private static readonly (Intent Intent, Regex Words)[] Patterns =
    [
        (Intent.Verify, Verify()),
        (Intent.WhatIf, WhatIf()),
        (Intent.WhyUp, WhyUp()),
        (Intent.Budget, Budget()),
        (Intent.ModelChoice, ModelChoice()),
        (Intent.Caching, Caching()),
        (Intent.Repeats, Repeats()),
        (Intent.Batch, Batch()),
        (Intent.Capacity, Capacity()),
        (Intent.Latency, Latency()),
        (Intent.DataQuality, DataQuality()),
        (Intent.Trust, Trust()),
        (Intent.Anomaly, Anomaly()),
        (Intent.Context, Context()),
        (Intent.Tokens, Tokens()),
        (Intent.Reduce, Reduce()),
        (Intent.Who, Who()),
        (Intent.Overview, Overview()),
        (Intent.Help, Help()),
    ];

    /// <summary>The intents of a question in the order they are asked, at most three; empty when no word is recognised.</summary>
    /// <param name="text">Lower case, names of models taken out.</param>
    /// <param name="perPeriod">The question asks for a figure per day, week, month …</param>
    public static IReadOnlyList<Intent> Read(string text, bool perPeriod)
    {
        var found = new List<(int At, Intent Intent)>();
        foreach (var (intent, words) in Patterns)
            if (words.Match(text) is { Success: true } match)
                found.Add((match.Index, intent));

        Settle(found);
        var asksForSpend = SpendQuestion().Match(text);
        if (asksForSpend.Success && !found.Any(one => one.Intent is Intent.Overview or Intent.Who or Intent.WhyUp or Intent.Budget
                or Intent.WhatIf or Intent.Trust or Intent.ModelChoice))
            found.Add((asksForSpend.Index, perPeriod ? Intent.SpendOverTime : Intent.Spend));
        else if (perPeriod && (found.Count == 0 || found.TrueForAll(one => one.Intent == Intent.Who)))
            return [Intent.SpendOverTime];
        else if (found.Count == 0 && SpendWord().IsMatch(text))
            return [perPeriod ? Intent.SpendOverTime : Intent.Spend];
        return [.. found.OrderBy(one => one.At).Select(one => one.Intent).Distinct().Take(MaxIntents)];
    }

    /// <summary>Where one wish explains the words of another, the narrower wish stays.</summary>
    private static void Settle(List<(int At, Intent Intent)> found)
    {
        bool Has(Intent intent) => found.Exists(one => one.Intent == intent);
        void Drop(params Intent[] intents) => found.RemoveAll(one => intents.Contains(one.Intent));

        if (Has(Intent.Verify))
            Drop(Intent.Reduce, Intent.Caching, Intent.ModelChoice);
        if (Has(Intent.ModelChoice))
            Drop(Intent.Who);
        if (Has(Intent.Caching) || Has(Intent.Batch) || Has(Intent.ModelChoice))
            Drop(Intent.Tokens, Intent.Context);
        if (Has(Intent.Context))
            Drop(Intent.Tokens);
        if (Has(Intent.DataQuality))
            Drop(Intent.Trust);
        if (Has(Intent.WhyUp))
            Drop(Intent.Anomaly);
        if (found.Count > 1)
            Drop(Intent.Help);
        if (found.Count > 1 && Has(Intent.Overview) && !Has(Intent.Anomaly) && !Has(Intent.Reduce))
            Drop(Intent.Overview);
    }

    [GeneratedRegex(@"\bdid (it|this|that|the|our|my|we)\b.*\b(work|works|help|save|saved|pay off|reduce)|\b(verify|prove|confirm)\b.*\bsaving|\beffect of (the|our|this)\b")]
    private static partial Regex Verify();

    [GeneratedRegex(@"\bwhat if\b|\bwhat would\b|\bif we (use|used|switch|switched|move|moved|had)\b|\bwould (it|we|that) (cost|save|pay)\b")]
    private static partial Regex WhatIf();

    [GeneratedRegex(@"\bwhy\b.*\b(up|rise|rises|rose|risen|increase|increased|higher|jump|jumped|grow|grew|grown|more|spike|expensive|so (high|much))\b|\bwhat (drove|drives|changed)\b|\bcost drivers?\b")]
    private static partial Regex WhyUp();

    [GeneratedRegex(@"\bbudgets?\b|\bforecast|\bpredict|\bprojection|\brun[- ]rate\b|\bend of (the |this )?(month|quarter|year)\b|\bnext (month|quarter|year|week)\b|\bwill (we|it|our)\b.*\b(spend|cost|pay|stay|be)\b")]
    private static partial Regex Budget();

    [GeneratedRegex(@"\b(cheaper|cheapest|smaller|smallest|better|best|right|alternative|other|another|which)\b[^.?!]*\bmodels?\b[^.?!]*\b(quality|good|worth|cheap|cheaper|cheapest|instead|best|choose|use|switch|value|enough)\b|\b(cheaper|smaller|alternative|best|right) models?\b|\bmodels?\b[^.?!]*\b(quality|value for money|pareto)\b|\bpareto\b|\bprice[- ]performance\b|\bswitch(ing)? (to|from|models?)\b|\b(cheapest|best) (for|per) (its |the )?(quality|money)")]
    private static partial Regex ModelChoice();

    [GeneratedRegex(@"\bcach(e|es|ed|ing|eable|able)\b|\bprefix(es)?\b")]
    private static partial Regex Caching();

    [GeneratedRegex(@"\btwice\b|\bduplicate|\brepeat(ed|s|ing)?\b|\bsame (prompts?|requests?|questions?|calls?)\b|\bretries\b|\bretry\b")]
    private static partial Regex Repeats();

    [GeneratedRegex(@"\bbatch|\bcan wait\b|\bovernight\b|\boff[- ]peak\b|\b(not|less) urgent\b|\bflex (tier|processing)\b")]
    private static partial Regex Batch();

    [GeneratedRegex(@"\bptus?\b|\bprovisioned\b|\brate limits?\b|\bthrottl|\bcapacity\b|\breserved\b|\bcommitments?\b|\bhit (our |the )?limits?\b|\bquotas?\b|\bself[- ]host")]
    private static partial Regex Capacity();

    [GeneratedRegex(@"\bslow(er|est)?\b|\blatenc(y|ies)\b|\bp9[059]\b|\bttft\b|\btime to first token\b|\bresponse times?\b|\bfast(er|est)?\b")]
    private static partial Regex Latency();

    [GeneratedRegex(@"\bdata quality\b|\bquality of (the |our |my )?(data|log)\b|\bhow (good|complete|clean) (is|are) (the|our|my) (data|log|logs)\b|\bmissing (data|fields?)\b|\bcoverage\b|\bcomplete(ness)?\b")]
    private static partial Regex DataQuality();

    [GeneratedRegex(@"\binvoices?\b|\breconcil|\bmatch(es|ed)?\b[^.?!]*\b(bill|invoice|price|prices|cost|costs|log|list|record\w*)\b|\b(is|are) (this|that|it|these|they|our (costs?|numbers?|figures?)) (right|correct|accurate)\b|\brecorded costs?\b|\bovercharged?\b|\bovercharging\b|\btrust\b|\bbilled (right|correctly|wrong|wrongly)\b")]
    private static partial Regex Trust();

    [GeneratedRegex(@"\bwrong\b|\bstrange\b|\bodd(ity|ities)?\b|\bunusual\b|\bweird\b|\bsuspicious\b|\banomal|\boutliers?\b|\bspikes?\b|\babnormal\b|\bunexpected\b|\b(not|doesn't|don't|does not|do not) add(s)? up\b|\badds? up\b|\bproblems?\b|\bissues?\b|\bmistakes?\b|\berrors? in\b|\bout of the ordinary\b")]
    private static partial Regex Anomaly();

    [GeneratedRegex(@"\bcontext (window|size|length|growth)|\boversized\b|\b(prompts?|contexts?|conversations?|histor(y|ies))\b[^.?!]*\b(too (long|large|big)|growing|grow|bloated)\b|\btoo (long|large|big)\b[^.?!]*\bprompts?\b|\bsystem prompts?\b")]
    private static partial Regex Context();

    [GeneratedRegex(@"\btokens?\b|\bdistribution\b|\bpercentiles?\b|\bhistogram\b|\bhow (long|large|big) (are|is)\b|\b(prompt|request|response|output|input)s? (length|size)s?\b")]
    private static partial Regex Tokens();

    [GeneratedRegex(@"\breduc(e|es|ed|ing|tion)\b|\bcut(s|ting)?\b(?! (off|short))|\bsav(e|es|ing|ings)\b|\blower(ing)?\b|\boptimi[sz]|\bspend less\b|\bpay less\b|\bbring\b.*\bdown\b|\bcheaper\b|\bwaste\b|\bwasting\b")]
    private static partial Regex Reduce();

    [GeneratedRegex(@"\bwho\b|\btop (\d+ )?(users?|features?|teams?|models?|providers?|spenders?|keys?)\b|\bwhich (users?|features?|teams?|models?|providers?|projects?|api keys?|people)\b|\bmost expensive\b|\b(biggest|largest|highest) (spenders?|costs?|drivers?|users?|models?|share)\b|\bcosts?( us)?( the)? most\b|\bwhat costs\b|\bwhere (does|do|did|is|has)\b[^.?!]*\b(money|spend|cost|budget)\b")]
    private static partial Regex Who();

    [GeneratedRegex(@"\bhow are we doing\b|\boverview\b|\bsummar(y|ise|ize)\b|\bbig picture\b|\bhealth check\b|\bstate of (our|the)\b|\bdashboard\b|\btell me about (our|my|the)\b|\bhow('s| is) (it|our|my)\b")]
    private static partial Regex Overview();

    [GeneratedRegex(@"^(hi|hello|hey|help)\b|\bwhat can (you|i|we) (do|ask)\b|\bhow does this work\b|\bhow do i (use|start|import|begin)\b")]
    private static partial Regex Help();

    /// <summary>Asks for the spend itself, not only mentions it.</summary>
    [GeneratedRegex(@"\b(what|how much|show|give|list|tell)\b[^,.;?!]*\b(spend|spent|spending|spends|cost|costs|costing|paid|pay|paying|money|bill|expenses?)\b")]
    private static partial Regex SpendQuestion();

    [GeneratedRegex(@"\b(spend|spent|spending|spends|cost|costs|costing|paid|pay|paying|money|bill|bills|expenses?|usd|dollars?|requests?|calls?|usage)\b|\$")]
    private static partial Regex SpendWord();
}
